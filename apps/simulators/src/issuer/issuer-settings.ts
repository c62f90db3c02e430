/** As whom the development issuer signs, and for whom. */
export interface IssuerSettings {
  readonly issuer: string
  readonly audience: string
}
export const ISSUER = Symbol('issuer')
