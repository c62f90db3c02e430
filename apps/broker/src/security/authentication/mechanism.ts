/** What comes of one token of the client. */
export type Step =
  | { readonly type: 'challenge'; readonly reply: Buffer }
  | {
      readonly type: 'proven'
      readonly reply: Buffer
      /** Who it is. */
      readonly name: string
      /** Milliseconds of the wall clock at which what was shown is worth nothing any more. */
      readonly expiresAt?: number
    }
  | {
      readonly type: 'refused'
      /** For our log only: it may say whether there is such a user. Never has a secret in it. */
      readonly reason: string
      /** Said to the client, where the general sentence is not. */
      readonly message?: string
    }

/** One client's exchange; its tokens come one after the other. */
export interface Exchange {
  /** Never rejects: what cannot be checked is refused. */
  next(token: Buffer): Step | Promise<Step>
}

export interface Mechanism {
  /** As SaslHandshake names it. */
  readonly name: string
  begin(): Exchange
}

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
export type MechanismName = (typeof MECHANISMS)[number]

export const isMechanism = (name: string): name is MechanismName => (MECHANISMS as readonly string[]).includes(name)

export const OTHER_AUTHORIZATION_ID =
  'Authentication failed: Client requested an authorization id that is different from username'
