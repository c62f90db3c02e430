import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { Problem } from '#libs/http'
import { createLogger, fields } from '#libs/observability'
import { discover } from './discovery.ts'
import { type Principal, type Role, roles } from './principal.ts'

/** Only where whoever verifies cannot also sign. */
const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA', 'Ed25519']
const CLOCK_SKEW_S = 30
/** What an access token says that it is, in its header: RFC 9068, or nothing in particular as with most providers. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'at+jwt', 'application/at+jwt', 'jwt', 'application/jwt'])
/** Claims that OpenID Connect has for ID tokens only: what they are the hashes of is what should have been shown. */
const OF_ID_TOKENS = ['at_hash', 'c_hash', 's_hash']
/** A key that is not known is looked for again, but not for every forged token. */
const COOLDOWN_MS = 10_000
const ASK_MS = 3_000
/** Who carries none cannot be acted for: ids of customers are no longer. */
const CUSTOMER = z.string().regex(/^[\w.-]{1,64}$/)
const SUBJECT = z.string().regex(/^[\w.@:-]{1,64}$/)

const log = createLogger('auth')

export interface TokenSettings {
  readonly issuer: string
  readonly audience: string
  /** Where the issuer's keys are; default: where its discovery document says. */
  readonly jwksUrl?: string | undefined
  /** A claim, or the way to one by dots, e.g. `realm_access.roles`. */
  readonly rolesClaim: string
  /** Of the customer's id; where there is none it is the subject. */
  readonly customerClaim: string
}

/** What a token says, and until when. */
export interface TokenContent {
  readonly principal: Principal
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Verifies access tokens of one issuer: JWTs, signed asymmetrically, whose keys may change at any time. */
export class TokenVerifier {
  #keys: Promise<JWTVerifyGetKey> | undefined

  constructor(private readonly settings: TokenSettings) {}

  /** @throws Problem 401 for a token that is none, not ours, or over; 503 when the issuer's keys cannot be had. */
  async verify(token: string): Promise<Principal> {
    return (await this.read(token)).principal
  }

  /** @throws like `verify`. */
  async read(token: string): Promise<TokenContent> {
    const { issuer, audience } = this.settings
    const keys = await this.#keySet()
    try {
      const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_SKEW_S }
      const { payload, protectedHeader } = await jwtVerify(token, keys, { ...options, requiredClaims: ['sub', 'exp'] })
      if (!TYPES.has(protectedHeader.typ?.toLowerCase()) || isForAnotherPurpose(payload))
        throw refusedToken(NO_ACCESS_TOKEN)
      return { principal: this.#principalIn(payload), expiresAt: payload.exp! * 1_000 }
    } catch (error) {
      if (error instanceof Problem) throw error
      if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout) throw unavailable(error)
      throw refusedToken(whatIsWrong(error))
    }
  }

  #principalIn(payload: JWTPayload): Principal {
    const subject = SUBJECT.safeParse(payload.sub)
    if (!subject.success) throw refusedToken('its subject is no name of 1 to 64 characters of A-Z a-z 0-9 _ . @ : -')
    const said = claimAt(payload, this.settings.rolesClaim)
    const named = new Set(Array.isArray(said) ? said : [said])
    const known: readonly Role[] = roles.filter((role) => named.has(role))
    const customerId = CUSTOMER.safeParse(claimAt(payload, this.settings.customerClaim) ?? payload.sub)
    return {
      ...{ subject: subject.data, roles: known },
      ...(known.includes('customer') && customerId.success && { customerId: customerId.data }),
    }
  }

  #keySet(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#findKeys().catch((error: unknown) => {
      this.#keys = undefined
      throw unavailable(error)
    })
    return this.#keys
  }

  async #findKeys(): Promise<JWTVerifyGetKey> {
    const url = this.settings.jwksUrl ?? (await discover(this.settings.issuer, ASK_MS)).jwks_uri
    return createRemoteJWKSet(new URL(url), { cooldownDuration: COOLDOWN_MS, timeoutDuration: ASK_MS })
  }
}

const claimAt = (payload: JWTPayload, way: string): unknown =>
  way.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], payload)

const NO_ACCESS_TOKEN = 'it is a token of the issuer, but no access token'

/** Keycloak says in `typ` what it has made: `Bearer` is an access token, `ID`, `Refresh` and `Logout` are none. */
const isForAnotherPurpose = (payload: JWTPayload): boolean =>
  OF_ID_TOKENS.some((claim) => payload[claim] !== undefined) ||
  payload.events !== undefined ||
  (payload.typ !== undefined && !/^(bearer|dpop|(at\+)?jwt)$/i.test(String(payload.typ)))

const whatIsWrong = (error: errors.JOSEError): string => {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} is not what is asked for`
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is not signed in a way that is allowed'
  return 'it is no token of the issuer'
}

const unavailable = (error: unknown): Problem => {
  log.warn('no keys of the issuer', { [fields.error]: error })
  return new Problem(503, { type: 'unavailable', detail: 'the keys of the issuer of tokens cannot be had right now' })
}

export const refusedToken = (why: string): Problem =>
  new Problem(401, {
    ...{ type: 'token-refused', title: 'Token refused', detail: `the bearer token is refused: ${why}` },
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })

export const tokenMissing = (): Problem =>
  new Problem(401, {
    ...{
      type: 'token-missing',
      title: 'Token missing',
      detail: 'this needs Authorization: Bearer and an access token, or a login at /auth/login',
    },
    headers: { 'www-authenticate': 'Bearer' },
  })
