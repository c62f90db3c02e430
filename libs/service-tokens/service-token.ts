import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'

/** For whom a service asks: a person or a program whom the gateway knows. What is absent is not known. */
export interface Identity {
  /** Who it is, e.g. `ann`. */
  readonly actor?: string
  readonly roles?: readonly string[]
  /** The customer whose data they may see, where they may see no others'. */
  readonly customerId?: string
}

/** What a token says, by the names of RFC 7519 where it has one. */
export interface Claims {
  /** Which service asks. */
  readonly iss: string
  /** Which one is asked. */
  readonly aud: string
  /** Seconds since 1970. */
  readonly iat: number
  readonly exp: number
  /** `<signer>.<number>`; the signer is a process's, and counts. */
  readonly jti: string
  /** The request that it is for, see `requestHash`. */
  readonly req: string
  readonly sub?: string
  readonly roles?: readonly string[]
  readonly customer?: string
}

const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url')

/** A JSON Web Token (RFC 7519) with HMAC-SHA-256 over its claims. */
export const encodeToken = (claims: Claims, key: KeyObject): string => {
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${mac(signed, key)}`
}

/** The claims, when one of the keys made the signature. Only the header that we write ourselves is one: no other algorithm. */
export const decodeToken = (token: string, keys: readonly KeyObject[]): Claims | undefined => {
  const end = token.lastIndexOf('.')
  const signed = token.slice(0, end)
  if (!signed.startsWith(`${HEADER}.`)) return undefined
  const given = Buffer.from(token.slice(end + 1))
  if (!keys.some((key) => isEqual(given, Buffer.from(mac(signed, key))))) return undefined
  return JSON.parse(Buffer.from(signed.slice(HEADER.length + 1), 'base64url').toString('utf8')) as Claims
}

/** Method, path and query as they are sent; as long as the path may be, this is not. */
export const requestHash = (method: string, path: string): string => hash('sha256', `${method} ${path}`, 'base64url')

const mac = (text: string, key: KeyObject): string => createHmac('sha256', key).update(text).digest('base64url')

const isEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
