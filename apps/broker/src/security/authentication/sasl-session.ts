import { ErrorCode } from '#libs/kafka-protocol'
import type { Clock } from '../../clock.ts'
import { ANONYMOUS, type Principal, principalText, userPrincipal } from '../principal.ts'
import {
  ALREADY,
  type AuthenticateAnswer,
  type Authenticator,
  type HandshakeAnswer,
  NO_HANDSHAKE,
} from './authenticator.ts'
import type { Exchange, Mechanism, Step } from './mechanism.ts'

const SASL_HANDSHAKE = 17
const API_VERSIONS = 18
const SASL_AUTHENTICATE = 36
/** Who proves itself more often than that is told that it has done so already, as in Kafka. */
const MIN_REAUTHENTICATION_MS = 1000
/** Tokens of one exchange: twice what the longest of the mechanisms needs. */
const MAX_TOKENS = 6

/** What holds for every connection to a listener with SASL. */
export interface SaslRules {
  readonly mechanisms: readonly Mechanism[]
  /** `connections.max.reauth.ms` of the mechanism; 0: a session lasts as long as what was shown. */
  readonly maxSessionMs: (mechanism: string) => number
  /** `connection.failed.authentication.delay.ms`: who is refused waits so long for the answer. */
  readonly failureDelayMs: number
  readonly clock: Clock
  /** Hears of every attempt that has come to an end. */
  readonly report: (outcome: SaslOutcome) => void
}

export interface SaslOutcome {
  readonly mechanism: string
  readonly isAgain: boolean
  /** Undefined where it was proven who it is. */
  readonly refusal: string | undefined
}

interface Session {
  readonly mechanism: string
  readonly principal: Principal
  /** Steady milliseconds; Infinity: never. */
  readonly endsAt: number
}

type Phase =
  /** Which mechanism it will be is not known. */
  | { readonly name: 'handshake' }
  | {
      readonly name: 'tokens'
      readonly mechanism: string
      readonly exchange: Exchange
      readonly isBare: boolean
      tokens: number
      /** Who it has been before, when it proves itself again (KIP-368). */
      readonly before: Session | undefined
    }
  | { readonly name: 'complete' }
  | { readonly name: 'failed' }

/** The server's side of SASL on one connection (KIP-43, 152, 368). */
export class SaslSession implements Authenticator {
  private phase: Phase = { name: 'handshake' }
  private session: Session | undefined
  private lastHandshake = Number.NEGATIVE_INFINITY

  constructor(private readonly rules: SaslRules) {}

  get principal(): Principal {
    return this.session?.principal ?? ANONYMOUS
  }

  get isComplete(): boolean {
    return this.session !== undefined
  }

  get isOver(): boolean {
    return this.phase.name === 'failed'
  }

  get expectsToken(): boolean {
    return this.phase.name === 'tokens' && this.phase.isBare
  }

  problemWith(apiKey: number): string | undefined {
    switch (this.phase.name) {
      case 'handshake':
        return apiKey === API_VERSIONS || apiKey === SASL_HANDSHAKE ? undefined : UNEXPECTED('handshake', apiKey)
      case 'tokens':
        return apiKey === SASL_AUTHENTICATE || apiKey === SASL_HANDSHAKE
          ? undefined
          : UNEXPECTED('authentication', apiKey)
      case 'complete':
        return this.isExpired() && apiKey !== SASL_HANDSHAKE ? 'its session has expired' : undefined
      case 'failed':
        return 'it has failed to prove who it is'
    }
  }

  async handshake(mechanism: string, version: number): Promise<HandshakeAnswer> {
    const { mechanisms, clock } = this.rules
    if (this.phase.name === 'tokens') return this.refused(this.phase.mechanism, 'a second handshake', NO_HANDSHAKE)
    const before = this.session
    if (before !== undefined) {
      const isTooSoon = clock.steady() - this.lastHandshake < MIN_REAUTHENTICATION_MS
      if (before.endsAt === Infinity || isTooSoon) return NO_HANDSHAKE
      this.lastHandshake = clock.steady()
    }
    const names = mechanisms.map(({ name }) => name)
    const chosen = mechanisms.find(({ name }) => name === mechanism)
    if (chosen === undefined || (before !== undefined && before.mechanism !== mechanism)) {
      const answer = { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: names }
      return this.refused(chosen?.name ?? 'unknown', 'a mechanism that is not supported', answer)
    }
    const exchange = chosen.begin()
    this.phase = { name: 'tokens', mechanism, exchange, isBare: version === 0, tokens: 0, before }
    return { errorCode: ErrorCode.NONE, mechanisms: names }
  }

  async authenticate(token: Buffer): Promise<AuthenticateAnswer> {
    if (this.phase.name !== 'tokens') return ALREADY
    const { mechanism, before } = this.phase
    const step = await this.next(token)
    if (step.type === 'challenge') return { ...NO_ERROR, authBytes: step.reply, sessionLifetimeMs: 0 }
    if (step.type === 'proven')
      return { ...NO_ERROR, authBytes: step.reply, sessionLifetimeMs: this.begin(step, mechanism) }
    const what = before === undefined ? 'authentication' : 're-authentication'
    const general = `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${mechanism}`
    return this.refused(mechanism, step.reason, {
      ...{ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: step.message ?? general },
      ...{ authBytes: Buffer.alloc(0), sessionLifetimeMs: 0 },
    })
  }

  async takeToken(token: Buffer): Promise<Buffer | undefined> {
    if (this.phase.name !== 'tokens') return undefined
    const { mechanism } = this.phase
    const step = await this.next(token)
    if (step.type === 'refused') return this.refused(mechanism, step.reason, undefined)
    if (step.type === 'proven') this.begin(step, mechanism)
    return step.reply
  }

  private async next(token: Buffer): Promise<Step> {
    const phase = this.phase as Phase & { name: 'tokens' }
    phase.tokens++
    if (phase.tokens > MAX_TOKENS) return { type: 'refused', reason: 'an exchange without an end' }
    const step = await phase.exchange.next(token)
    if (step.type !== 'proven' || phase.before === undefined) return step
    const [was, is] = [principalText(phase.before.principal), principalText(userPrincipal(step.name))]
    if (was === is) return step
    const message = `Cannot change principals during re-authentication from ${dotted(was)}: ${dotted(is)}`
    return { type: 'refused', reason: 'another principal', message }
  }

  /** Returns the milliseconds that the session lasts; 0: for ever. */
  private begin({ name, expiresAt }: Step & { type: 'proven' }, mechanism: string): number {
    const { clock, maxSessionMs, report } = this.rules
    const max = maxSessionMs(mechanism)
    const shown = expiresAt === undefined ? Infinity : Math.max(0, expiresAt - clock.now())
    const lifetime = Math.min(shown, max > 0 ? max : Infinity)
    const isAgain = this.session !== undefined
    this.session = { mechanism, principal: userPrincipal(name), endsAt: clock.steady() + lifetime }
    this.phase = { name: 'complete' }
    report({ mechanism, isAgain, refusal: undefined })
    return lifetime === Infinity ? 0 : Math.floor(lifetime)
  }

  private isExpired(): boolean {
    return this.session !== undefined && this.rules.clock.steady() >= this.session.endsAt
  }

  /** Whoever guesses passwords is told late. */
  private async refused<A>(mechanism: string, refusal: string, answer: A): Promise<A> {
    const { clock, failureDelayMs, report } = this.rules
    report({ mechanism, isAgain: this.session !== undefined, refusal })
    this.phase = { name: 'failed' }
    await new Promise<void>((resolve) => {
      clock.after(failureDelayMs, resolve)
    })
    return answer
  }
}

const NO_ERROR = { errorCode: ErrorCode.NONE, errorMessage: null }
const UNEXPECTED = (when: string, apiKey: number): string =>
  `an unexpected request (api key ${apiKey}) during SASL ${when}`
const dotted = (principal: string): string => principal.replace(':', '.')
