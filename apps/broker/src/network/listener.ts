import type { Settings } from '../config/settings.ts'
import type { ConnectionLimits } from './connection-quotas.ts'
import type { Endpoint } from './endpoint.ts'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

/** One of the addresses at which the broker accepts connections, and what holds for those. */
export interface Listener {
  /** As it is called in Kafka's `listeners`. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** Port 0: one that is free. */
  readonly address: Endpoint
  readonly limits: () => ConnectionLimits
}

/** The one listener there is. */
export function plaintextListener(address: Endpoint, settings: Settings): Listener {
  const limits = () => ({ total: settings['max.connections'], perAddress: settings['max.connections.per.ip'] })
  return { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', address, limits }
}
