import { createHash, randomBytes } from 'node:crypto'

/** As long as a browser needs from one redirect to the next. Milliseconds. */
export const CODE_LIFE_MS = 60_000
/** Under way at once; the oldest goes. */
const MOST_CODES = 1_000

/** To whom a code was given, and whose token it stands for. */
export interface Grant {
  readonly clientId: string
  readonly redirectUri: string
  /** PKCE: the base64url SHA-256 of what only the client that asked knows. */
  readonly challenge: string
  readonly user: string
}

/** The client's part when it comes for the token. */
export interface Proof {
  readonly clientId: string
  readonly redirectUri: string
  readonly verifier: string
}

/** Authorization codes: each is good once, for a minute, and for the client that asked for it. */
export class AuthorizationCodes {
  readonly #grants = new Map<string, { readonly grant: Grant; readonly until: number }>()

  constructor(private readonly now: () => number = Date.now) {}

  issue(grant: Grant): string {
    if (this.#grants.size >= MOST_CODES) this.#grants.delete(this.#grants.keys().next().value!)
    const code = randomBytes(32).toString('base64url')
    this.#grants.set(code, { grant, until: this.now() + CODE_LIFE_MS })
    return code
  }

  /** The user that the code stands for; undefined when it is refused. A code that was tried is used up either way. */
  redeem(code: string, { clientId, redirectUri, verifier }: Proof): string | undefined {
    const known = this.#grants.get(code)
    this.#grants.delete(code)
    if (known === undefined || this.now() >= known.until) return undefined
    const { grant } = known
    const isTheirs =
      grant.clientId === clientId && grant.redirectUri === redirectUri && grant.challenge === challengeOf(verifier)
    return isTheirs ? grant.user : undefined
  }
}

export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')
