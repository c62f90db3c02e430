/** Who is at the other end of a connection, as Kafka names them. */
export interface Principal {
  /** `User` for all that this broker knows of. */
  readonly type: string
  readonly name: string
}

/** Whoever comes by a listener that asks for no proof. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' }

export const userPrincipal = (name: string): Principal => ({ type: 'User', name })

/** As it is written in settings and ACLs: `User:alice`. */
export const principalText = ({ type, name }: Principal): string => `${type}:${name}`
