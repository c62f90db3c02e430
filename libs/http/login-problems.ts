/** Names and addresses that lead to the machine itself. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

export interface LoginSettings {
  readonly HOST?: string
  readonly AUTH?: 'off' | 'oidc'
  readonly OIDC_ISSUER?: string | undefined
  /** Whoever asks it is given a token. */
  readonly DEVELOPMENT_ISSUER?: 'on' | 'off'
  /** Something else keeps strangers away from the port, e.g. that it is published on loopback only. */
  readonly TRUSTED_NETWORK?: 'on' | 'off'
}

/** What would let strangers in at the port that people use, each named by the setting that is wrong. */
export const loginProblems = (settings: LoginSettings): string[] => {
  const { HOST = '127.0.0.1', AUTH: auth, OIDC_ISSUER: issuer, TRUSTED_NETWORK: trusted } = settings
  if (auth === undefined) return []
  const isOurs = LOOPBACK.has(HOST) || trusted === 'on'
  if (auth === 'off')
    return isOurs
      ? []
      : [`AUTH: off is for a HOST of the machine itself, which ${HOST} is not; set AUTH=oidc and OIDC_ISSUER`]
  if (issuer === undefined) return ['OIDC_ISSUER: is required, unless AUTH is off']
  if (settings.DEVELOPMENT_ISSUER !== 'on') return []
  if (!isOurs)
    return [`DEVELOPMENT_ISSUER: gives anybody a token, for a HOST of the machine itself, which ${HOST} is not`]
  return isDevelopmentIssuer(issuer)
    ? []
    : [`DEVELOPMENT_ISSUER: is off where OIDC_ISSUER is another provider, as ${issuer} is`]
}

/** As the gateway shows it to the browsers of this machine: `http://localhost:8080/issuer`. */
const isDevelopmentIssuer = (issuer: string): boolean => {
  const { hostname, pathname } = new URL(issuer)
  return LOOPBACK.has(hostname.replace(/^\[|\]$/g, '')) && pathname === '/issuer'
}
