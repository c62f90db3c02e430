import type { Exchange, Mechanism, Step } from './mechanism.ts'
import type { TokenVerifier } from './token-verifier.ts'

const SEPARATOR = '\u0001'
/** After it was told why, a client says that it has understood. */
const UNDERSTOOD = 1
const GS2_HEADER = /^n,(?:a=([^,]*))?,$/
const BEARER = /^auth=bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** SASL OAUTHBEARER (RFC 7628): a token that somebody else has signed. Extensions of clients are ignored. */
export function oauthbearerMechanism(verifier: TokenVerifier): Mechanism {
  return { name: 'OAUTHBEARER', begin: () => new BearerExchange(verifier) }
}

class BearerExchange implements Exchange {
  private refusal: Step | undefined

  constructor(private readonly verifier: TokenVerifier) {}

  next(token: Buffer): Step | Promise<Step> {
    if (this.refusal !== undefined) return token.length === 1 && token[0] === UNDERSTOOD ? this.refusal : MALFORMED
    return this.verify(token.toString('utf8'))
  }

  private async verify(message: string): Promise<Step> {
    const [header, ...pairs] = message.split(SEPARATOR)
    const form = GS2_HEADER.exec(header!)
    const jwt = pairs.map((pair) => BEARER.exec(pair)?.[1]).find((token) => token !== undefined)
    if (form === null || jwt === undefined || !message.endsWith(SEPARATOR + SEPARATOR)) return MALFORMED
    const verified = await this.verifier.verify(jwt)
    if ('reason' in verified) return this.explain(verified.reason)
    const { name, expiresAt } = verified
    const [, authorizationId = ''] = form
    if (authorizationId !== '' && authorizationId !== name) return OTHER_NAME
    return { type: 'proven', reply: Buffer.alloc(0), name, expiresAt }
  }

  /** The client is told by a challenge, which it has to answer before it is refused. */
  private explain(reason: string): Step {
    const error = JSON.stringify({ status: 'invalid_token' })
    this.refusal = { type: 'refused', reason, message: error }
    return { type: 'challenge', reply: Buffer.from(error) }
  }
}

const MALFORMED: Step = { type: 'refused', reason: `not of the form n,,${JSON.stringify(SEPARATOR)}auth=Bearer …` }
const OTHER_NAME: Step = {
  type: 'refused',
  reason: 'another authorization id',
  message:
    "Authentication failed: Client requested an authorization id that is different from the token's principal name",
}
