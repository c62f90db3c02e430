import {
  type Api,
  type Decoded,
  type Encodable,
  ErrorCode,
  errorName,
  type Fields,
  saslAuthenticate,
  saslHandshake,
} from '#libs/kafka-protocol'
import { Refused } from '../producer/errors.ts'
import type { SaslCredentials } from './kafka-security.ts'
import { ScramClient } from './scram-client.ts'

/** Kafka 2.2 to today speak these. */
const HANDSHAKE_VERSION = 1
const AUTHENTICATE_VERSION = 1

type Send = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  version: number,
  body: Encodable<Q>,
) => Promise<Decoded<S>>

/**
 * Proves to a broker who this client is. Resolves to the milliseconds after which that has to be done again; 0: never.
 * Rejects with `Refused` when the broker does not believe it, or cannot be believed itself.
 */
export async function authenticate(send: Send, credentials: SaslCredentials): Promise<number> {
  const { mechanism } = credentials
  const { errorCode, mechanisms } = await send(saslHandshake, HANDSHAKE_VERSION, { mechanism })
  if (errorCode !== ErrorCode.NONE) {
    throw new Refused(`SASL ${mechanism}: ${errorName(errorCode)}; the broker has ${mechanisms.join(', ') || 'none'}`)
  }
  const say = async (authBytes: Buffer) => {
    const answer = await send(saslAuthenticate, AUTHENTICATE_VERSION, { authBytes })
    if (answer.errorCode === ErrorCode.NONE) return answer
    throw new Refused(`SASL ${mechanism}: ${errorName(answer.errorCode)} (${answer.errorMessage})`)
  }
  if (credentials.mechanism === 'PLAIN') {
    const answer = await say(Buffer.from(`\0${credentials.username}\0${credentials.password()}`))
    return Number(answer.sessionLifetimeMs)
  }
  if (credentials.mechanism === 'OAUTHBEARER') return bearer(credentials.token(), say)
  const scram = new ScramClient(credentials.mechanism, credentials.username, credentials.password())
  const challenge = await say(scram.first())
  const final = await ours(() => scram.final(challenge.authBytes))
  const verdict = await say(final)
  await ours(async () => scram.verify(verdict.authBytes))
  return Number(verdict.sessionLifetimeMs)
}

/** A broker that refuses a token says why first, and wants that to be acknowledged. */
async function bearer(
  token: string,
  say: (token: Buffer) => Promise<{ readonly authBytes: Buffer; readonly sessionLifetimeMs: bigint | number }>,
): Promise<number> {
  const answer = await say(Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`))
  if (answer.authBytes.length === 0) return Number(answer.sessionLifetimeMs)
  await say(Buffer.from([1]))
  throw new Refused('SASL OAUTHBEARER: the broker refused the token')
}

const ours = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: Error) => {
    throw new Refused(`SASL: ${error.message}`)
  })
