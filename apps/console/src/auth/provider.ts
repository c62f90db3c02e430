import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Problem } from '#libs/http'
import { createLogger, fields } from '#libs/observability'
import { discover, type Metadata } from './discovery.ts'

/** Somebody waits for it who has just logged in. Milliseconds. */
const PATIENCE_MS = 10_000

const log = createLogger('auth')

export interface ProviderSettings {
  readonly issuer: string
  readonly clientId: string
  /** Of a client that is known to the provider by one. */
  readonly clientSecret?: string | undefined
  readonly scope: string
  /** Default: where the discovery document says. */
  readonly authorizationUrl?: string | undefined
  readonly tokenUrl?: string | undefined
}

/** What binds an answer of the provider to the browser that was sent there. */
export interface Attempt {
  readonly state: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
}

export const newAttempt = (): Attempt => ({
  state: randomBytes(16).toString('base64url'),
  verifier: randomBytes(32).toString('base64url'),
})

const granted = z.object({ access_token: z.string(), token_type: z.string().regex(/^bearer$/i) })
const refused = z.object({ error: z.string().max(200) })

/** The authorization code flow of OAuth 2.0, as a client. */
export class Provider {
  #metadata: Promise<Metadata> | undefined

  constructor(private readonly settings: ProviderSettings) {}

  get issuer(): string {
    return this.settings.issuer
  }

  /** Where to send the browser. @throws Problem 503 when nobody says where that is. */
  async authorizationUrl({ state, verifier }: Attempt, redirectUri: string): Promise<string> {
    const url = new URL(await this.#endpoint('authorizationUrl', 'authorization_endpoint'))
    const parameters = {
      ...{ response_type: 'code', client_id: this.settings.clientId, scope: this.settings.scope, state },
      ...{ redirect_uri: redirectUri, code_challenge_method: 'S256' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url.href
  }

  /** The access token that the code stands for. @throws Problem 400 when it is refused, 503 when nobody answers. */
  async exchange(code: string, verifier: string, redirectUri: string): Promise<string> {
    const { clientId, clientSecret } = this.settings
    const tokenUrl = await this.#endpoint('tokenUrl', 'token_endpoint')
    try {
      const answer = await fetch(tokenUrl, {
        method: 'POST',
        redirect: 'error',
        headers: clientSecret === undefined ? {} : { authorization: basic(clientId, clientSecret) },
        body: new URLSearchParams({
          ...{ grant_type: 'authorization_code', code, client_id: clientId },
          ...{ redirect_uri: redirectUri, code_verifier: verifier },
        }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const body: unknown = await answer.json()
      if (answer.ok) return granted.parse(body).access_token
      const { data } = refused.safeParse(body)
      if (data === undefined) throw new Error(`the token endpoint answered ${answer.status}`)
      throw new Problem(400, { detail: `the provider gives no token for its code: ${data.error}` })
    } catch (error) {
      throw error instanceof Problem ? error : unavailable(error)
    }
  }

  async #endpoint(set: 'authorizationUrl' | 'tokenUrl', named: 'authorization_endpoint' | 'token_endpoint') {
    const known = this.settings[set]
    if (known !== undefined) return known
    this.#metadata ??= discover(this.settings.issuer, PATIENCE_MS).catch((error: unknown) => {
      this.#metadata = undefined
      throw unavailable(error)
    })
    const found = (await this.#metadata)[named]
    if (found === undefined) throw unavailable(new Error(`the discovery document names no ${named}`))
    return found
  }
}

/** RFC 6749, 2.3.1: both parts are encoded as in a form first. */
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from([id, secret].map((part) => new URLSearchParams([['', part]]).toString().slice(1)).join(':')).toString('base64')}`

const unavailable = (error: unknown): Problem => {
  log.warn('no answer of the provider of logins', { [fields.error]: error })
  return new Problem(503, { type: 'unavailable', detail: 'the provider of logins does not answer as it should' })
}
