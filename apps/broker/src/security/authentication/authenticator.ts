import { ErrorCode } from '#libs/kafka-protocol'
import type { Principal } from '../principal.ts'

export interface HandshakeAnswer {
  readonly errorCode: number
  /** Those that there are. */
  readonly mechanisms: readonly string[]
}

export interface AuthenticateAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Buffer
  /** Milliseconds until the client has to prove itself again; 0: never. */
  readonly sessionLifetimeMs: number
}

/** What one connection has proven of who is at its other end. */
export interface Authenticator {
  readonly principal: Principal
  /** Until then nothing but authentication is answered, requests are small and time is short. */
  readonly isComplete: boolean
  /** It has failed: the connection ends with the answer that says so. */
  readonly isOver: boolean
  /** What comes next is a token alone, without a header (SaslHandshake 0). */
  readonly expectsToken: boolean
  /** To be asked before each request is begun: why it costs the client its connection, if it does. */
  problemWith(apiKey: number): string | undefined
  /** Resolves when the client may be told; that is put off where it was refused. */
  handshake(mechanism: string, version: number): Promise<HandshakeAnswer>
  authenticate(token: Buffer): Promise<AuthenticateAnswer>
  /** Resolves to what is sent back, which may be empty; undefined: the connection just ends. */
  takeToken(token: Buffer): Promise<Buffer | undefined>
}

export const ALREADY: AuthenticateAnswer = {
  errorCode: ErrorCode.ILLEGAL_SASL_STATE,
  errorMessage: 'SaslAuthenticate request received after successful authentication',
  authBytes: Buffer.alloc(0),
  sessionLifetimeMs: 0,
}
export const NO_HANDSHAKE: HandshakeAnswer = { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }

/** Of a listener without SASL: what there was to prove was proven when the connection was made. */
export function established(principal: Principal): Authenticator {
  return {
    ...{ principal, isComplete: true, isOver: false, expectsToken: false },
    problemWith: () => undefined,
    handshake: async () => NO_HANDSHAKE,
    authenticate: async () => ALREADY,
    takeToken: async () => undefined,
  }
}
