import type { Settings } from '../config/settings.ts'
import { type Authenticator, established } from '../security/authentication/authenticator.ts'
import type { TlsCertificates } from '../security/authentication/tls-certificates.ts'
import type { Principal } from '../security/principal.ts'
import type { ConnectionLimits } from './connection-count.ts'
import type { Endpoint, SecurityProtocol } from './endpoint.ts'

/** One of the addresses at which the broker accepts connections, and what holds for those. */
export interface Listener {
  /** As it is called in Kafka's `listeners`. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** Port 0 stands for one that is free, until that is known. */
  readonly address: Endpoint
  /** Where clients that came by it are told to connect; port 0: the one of the address. */
  readonly advertised: Endpoint
  /** Of its own, beside those of the broker. */
  readonly limits: () => ConnectionLimits
  /** Undefined: nothing is encrypted. */
  readonly tls?: TlsCertificates
  /** What a new connection from this client has to prove, or has proven by TLS. */
  readonly authenticator: (byTls: Principal, client: string) => Authenticator
  /** The largest request, in bytes, of who has not proven anything. */
  readonly maxBytesBefore: number
}

/** A listener where nobody has to prove anything. */
export function plaintextListener(address: Endpoint, settings: Settings): Listener {
  const limits = () => ({ total: Number.POSITIVE_INFINITY, rate: Number.POSITIVE_INFINITY })
  const name = 'PLAINTEXT'
  const maxBytesBefore = settings['sasl.server.max.receive.size']
  return {
    ...{ name, securityProtocol: name, address, advertised: { ...address }, limits, maxBytesBefore },
    authenticator: established,
  }
}
