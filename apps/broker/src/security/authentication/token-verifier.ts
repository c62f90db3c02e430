import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'

export type Verified = { readonly name: string; readonly expiresAt: number } | { readonly reason: string }

export interface TokenVerifier {
  /** Never rejects: a token whose keys cannot be had is refused as well. */
  verify(jwt: string): Promise<Verified>
}

export interface TokenRules {
  /** `https:`, `http:` or `file:`. */
  readonly jwksUrl: URL
  readonly refreshMs: number
  /** Undefined: anybody may have issued it. */
  readonly issuer: string | undefined
  /** Empty: it may be meant for anybody. Otherwise for one of them at least. */
  readonly audiences: readonly string[]
  readonly clockSkewSeconds: number
  /** The claim that says who it is. */
  readonly subjectClaim: string
}

/** Nothing that is made with a key which whoever verifies has, too. */
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
/** The time within which keys have to come, in milliseconds; an exchange has little more. */
const KEYS_MS = 5000
/** Keys that a token asks for and nobody knows are looked for no more often than that. */
const COOLDOWN_MS = 10_000

export function tokenVerifier(rules: TokenRules, now: () => number): TokenVerifier {
  const keys = rules.jwksUrl.protocol === 'file:' ? keysOfFile(rules.jwksUrl) : keysOfUrl(rules)
  return { verify: (jwt) => verify(jwt, keys, rules, now) }
}

async function verify(
  jwt: string,
  keys: JWTVerifyGetKey,
  { issuer, audiences, clockSkewSeconds, subjectClaim }: TokenRules,
  now: () => number,
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(jwt, keys, {
      algorithms: ASYMMETRIC,
      ...(issuer !== undefined && { issuer }),
      ...(audiences.length > 0 && { audience: [...audiences] }),
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(now()),
      requiredClaims: ['exp', subjectClaim],
    })
    const name = payload[subjectClaim]
    if (typeof name !== 'string' || name === '') return { reason: `its claim ${subjectClaim} is no name` }
    return { name, expiresAt: payload.exp! * 1000 }
  } catch (error) {
    return { reason: error instanceof errors.JOSEError ? `${error.code}: ${error.message}` : (error as Error).message }
  }
}

const keysOfUrl = ({ jwksUrl, refreshMs }: TokenRules): JWTVerifyGetKey =>
  createRemoteJWKSet(jwksUrl, { timeoutDuration: KEYS_MS, cooldownDuration: COOLDOWN_MS, cacheMaxAge: refreshMs })

/** Read again whenever the file has changed. */
function keysOfFile(url: URL): JWTVerifyGetKey {
  const path = fileURLToPath(url)
  let readAt: number | undefined
  let keys: JWTVerifyGetKey | undefined
  return async (header, token) => {
    const { mtimeMs } = await stat(path)
    if (keys === undefined || mtimeMs !== readAt) {
      keys = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')))
      readAt = mtimeMs
    }
    return keys(header, token)
  }
}
