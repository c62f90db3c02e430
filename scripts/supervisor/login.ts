import { type LoginSettings, loginProblems } from '../../libs/http/login-problems.ts'
import { UsageError } from './options.ts'

/** What the console is told of who may come in, by the names of its settings. */
export type ConsoleEdge = Readonly<Record<string, string>>

const MODES: ReadonlySet<string | undefined> = new Set(['off', 'oidc'])
/** The supervisor itself asks at 127.0.0.1 whether the console is ready. */
const HOSTS: ReadonlySet<string | undefined> = new Set(['localhost', '127.0.0.1', '0.0.0.0', '::'])

/** Refuses what the console would refuse, before anything is started: above all a network without a login. */
export const checkLogin = (edge: ConsoleEdge): void => {
  if (!MODES.has(edge.AUTH)) throw new UsageError(`AUTH: off or oidc, not ${edge.AUTH}`)
  const problems = loginProblems(edge as LoginSettings)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  if (!HOSTS.has(edge.HOST)) throw new UsageError(`HOST: ${[...HOSTS].join(', ')}, not ${edge.HOST}`)
}

/** For whoever reads the banner: how they get in. */
export const loginSays = ({ AUTH, OIDC_ISSUER, DEVELOPMENT_ISSUER }: ConsoleEdge, address: string): string => {
  if (AUTH !== 'oidc') return 'none, for this machine only (AUTH=off)'
  return DEVELOPMENT_ISSUER === 'on' ? `${address}/auth/login, as one of a few users` : `tokens of ${OIDC_ISSUER}`
}

/** A line for a shell that gives `$T` a token; undefined where none is needed, or only somebody else gives them. */
export const tokenLine = ({ AUTH, DEVELOPMENT_ISSUER }: ConsoleEdge, address: string): string | undefined =>
  AUTH === 'oidc' && DEVELOPMENT_ISSUER === 'on'
    ? `T=$(curl -s ${address}/issuer/token -d grant_type=client_credentials -d client_id=cara | sed 's/.*access_token":"\\([^"]*\\).*/\\1/')`
    : undefined

/** What a request of ours carries, as somebody who may order for anybody. Rejects when the issuer gives no token. */
export const headersOfAdmin = async (edge: ConsoleEdge, address: string): Promise<Record<string, string>> => {
  if (tokenLine(edge, address) === undefined) return {}
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'ada' })
  const answer = await fetch(`${address}/issuer/token`, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the development issuer gives no token: ${answer.status}`)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return { authorization: `Bearer ${token}` }
}
