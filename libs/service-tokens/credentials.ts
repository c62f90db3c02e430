import { randomBytes } from 'node:crypto'
import { ServiceKeys } from './service-keys.ts'
import { encodeToken, type Identity, requestHash } from './service-token.ts'

/** For how long a token is good: the longest that a request waits for a connection, and clocks that differ. Seconds. */
export const TOKEN_LIFE_S = 30

export interface SignedRequest {
  readonly method: string
  /** Path and query, as they are sent. */
  readonly path: string
}

/** The headers that let one request in, once. A repetition needs new ones. */
export type Credentials = (request: SignedRequest, identity?: Identity) => Readonly<Record<string, string>>

/**
 * How the service `from` shows the service `to` who asks. Without a key file it shows nothing, and is let in only where
 * nobody looks.
 *
 * @throws Error when the file is not there or holds no keys.
 */
export const credentials = (keyFile: string | undefined, from: string, to: string): Credentials => {
  if (keyFile === undefined) return () => ({})
  const keys = new ServiceKeys(keyFile)
  const signer = randomBytes(9).toString('base64url')
  let count = 0
  return ({ method, path }, { actor, roles, customerId } = {}) => {
    const iat = Math.floor(Date.now() / 1_000)
    const claims = {
      ...{ iss: from, aud: to, iat, exp: iat + TOKEN_LIFE_S, jti: `${signer}.${count++}` },
      req: requestHash(method, path),
      ...(actor !== undefined && { sub: actor }),
      ...(roles !== undefined && { roles }),
      ...(customerId !== undefined && { customer: customerId }),
    }
    return { authorization: `Bearer ${encodeToken(claims, keys.newest)}` }
  }
}
