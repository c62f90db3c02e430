import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type SignedRequest, TOKEN_LIFE_S } from './credentials.ts'
import { ReplayWindow } from './replay-window.ts'
import { ServiceKeys } from './service-keys.ts'
import { type Claims, decodeToken, type Identity, requestHash } from './service-token.ts'

/** By how much clocks of two machines may differ. Seconds. */
const CLOCK_SKEW_S = 5
/** Processes that ask us; each start is a new one, and costs 8 KB until its tokens have expired. */
const MOST_SIGNERS = 64
const FORGET_AFTER_MS = (TOKEN_LIFE_S + 2 * CLOCK_SKEW_S) * 1_000

export type RefusalReason = 'missing' | 'forged' | 'elsewhere' | 'expired' | 'other-request' | 'replayed' | 'crowded'

/** Who asks, or why they are not let in. */
export type Admission = { readonly caller: string; readonly identity: Identity } | { readonly refused: RefusalReason }

interface Signer {
  readonly window: ReplayWindow
  lastUsedAt: number
}

/** A service's door: lets in whoever shows a token that a holder of the key made for this request, once. */
export class Door {
  readonly #keys: ServiceKeys
  readonly #signers = new Map<string, Signer>()

  /** @throws Error when the file is not there or holds no keys. */
  constructor(
    private readonly service: string,
    keyFile: string,
  ) {
    this.#keys = new ServiceKeys(keyFile)
  }

  /** @param authorization as the header has it. */
  admit(authorization: string | undefined, request: SignedRequest, now = Date.now()): Admission {
    if (!authorization?.startsWith('Bearer ')) return { refused: 'missing' }
    const claims = this.#claimsOf(authorization.slice('Bearer '.length))
    if (claims === undefined) return { refused: 'forged' }
    if (claims.aud !== this.service) return { refused: 'elsewhere' }
    const seconds = now / 1_000
    if (claims.exp + CLOCK_SKEW_S <= seconds || claims.iat - CLOCK_SKEW_S > seconds) return { refused: 'expired' }
    if (claims.req !== requestHash(request.method, request.path)) return { refused: 'other-request' }
    const refused = this.#use(claims, now)
    if (refused !== undefined) return { refused }
    const { sub, roles, customer } = claims
    return {
      caller: claims.iss,
      identity: {
        ...(sub !== undefined && { actor: sub }),
        ...(roles !== undefined && { roles }),
        ...(customer !== undefined && { customerId: customer }),
      },
    }
  }

  /** For who can only show the same again and again, as a collector of metrics. */
  admitsScraper(authorization: string | undefined): boolean {
    const given = Buffer.from(authorization ?? '')
    return this.#keys.all.some((key) => {
      const expected = Buffer.from(`Bearer ${scrapeToken(key)}`)
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
  }

  #claimsOf(token: string): Claims | undefined {
    return decodeToken(token, this.#keys.all) ?? (this.#keys.renew() ? decodeToken(token, this.#keys.all) : undefined)
  }

  #use({ jti }: Claims, now: number): RefusalReason | undefined {
    const [name = '', number] = jti.split('.')
    let signer = this.#signers.get(name)
    if (signer === undefined) {
      if (this.#signers.size >= MOST_SIGNERS) this.#forget(now)
      if (this.#signers.size >= MOST_SIGNERS) return 'crowded'
      signer = { window: new ReplayWindow(), lastUsedAt: now }
      this.#signers.set(name, signer)
    }
    signer.lastUsedAt = now
    return signer.window.use(Number(number)) ? undefined : 'replayed'
  }

  /** Whose tokens have all expired by now. */
  #forget(now: number): void {
    for (const [name, { lastUsedAt }] of this.#signers)
      if (now - lastUsedAt > FORGET_AFTER_MS) this.#signers.delete(name)
  }
}

/** Follows from the key, says nothing about it, and opens `/metrics` only. */
export const scrapeToken = (key: KeyObject): string =>
  createHmac('sha256', key).update('scrape /metrics').digest('base64url')
