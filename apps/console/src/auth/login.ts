import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem, sendProblem, toProblem } from '#libs/http'
import { createLogger } from '#libs/observability'
import { holdsToken, tokenNeeded } from '../web/csrf.ts'
import { cameByTls, cookieIn, keep } from './cookies.ts'
import { isLocalPath } from './local-path.ts'
import { sendNotice } from './notice-page.ts'
import { newAttempt, type Provider } from './provider.ts'
import { SESSION_COOKIE, type Sessions } from './sessions.ts'
import { type TokenVerifier, tokenMissing } from './tokens.ts'

/** From the first redirect to the last one, a password included. Seconds. */
const ATTEMPT_S = 600
const CALLBACK = '/auth/callback'

const log = createLogger('auth')

export interface Login {
  readonly provider: Provider
  readonly verifier: Pick<TokenVerifier, 'read'>
  readonly sessions: Sessions
  /** Where people see the console, e.g. `https://waybill.example`; default: where each request says that it came to. */
  readonly origin?: string | undefined
}

/** Kept in the browser while the provider has it. There is one for each attempt: tabs log in beside each other. */
const attemptCookie = (state: string): string => `waybill-login-${state}`
const attemptKept = z.object({ verifier: z.string(), to: z.custom<string>(isLocalPath) })

/** A Fastify plugin: how a browser gets a session, and how it loses it. */
export const serveLogin =
  ({ provider, verifier, sessions, origin }: Login) =>
  async (fastify: FastifyInstance): Promise<void> => {
    fastify.setErrorHandler((error, request, reply) => {
      const problem = toProblem(error)
      if (request.method === 'POST') return sendProblem(reply, problem)
      // A token that is refused was not the browser's but the provider's.
      const status = problem.status === 401 ? 403 : problem.status
      return sendNotice(reply, status, 'The login has failed', `${problem.message}.`)
    })
    const redirectUri = (request: FastifyRequest) => `${origin ?? originOf(request)}${CALLBACK}`
    const sessionId = ({ headers }: FastifyRequest) => cookieIn(headers.cookie, SESSION_COOKIE)

    fastify.get('/auth/login', async (request, reply) => {
      const { to = '/', moved } = request.query as Readonly<Record<string, unknown>>
      if (!isLocalPath(to)) throw new Problem(400, { detail: 'a login leads to a page of this console only' })
      // What is kept here now must be there when the provider sends the browser back.
      if (origin !== undefined && origin !== originOf(request) && moved === undefined)
        return reply.redirect(`${origin}/auth/login?${new URLSearchParams({ to, moved: '' })}`)
      const attempt = newAttempt()
      const url = await provider.authorizationUrl(attempt, redirectUri(request))
      const value = Buffer.from(JSON.stringify({ verifier: attempt.verifier, to })).toString('base64url')
      keep(request, reply, attemptCookie(attempt.state), { value, maxAge: ATTEMPT_S, path: '/auth', sameSite: 'Lax' })
      return reply.header('cache-control', 'no-store').redirect(url)
    })

    fastify.get(CALLBACK, async (request, reply) => {
      const { state, code, error, iss } = request.query as Readonly<Record<string, unknown>>
      const kept = keptFor(state, request)
      if (kept === undefined)
        throw new Problem(400, {
          detail: 'it was not begun in this browser, is done already, or took more than 10 minutes',
        })
      keep(request, reply, attemptCookie(state as string), { value: '', maxAge: 0, path: '/auth', sameSite: 'Lax' })
      if (iss !== undefined && iss !== provider.issuer)
        throw new Problem(400, { detail: 'the answer is not that of our provider' })
      if (typeof code !== 'string')
        throw new Problem(400, { detail: `the provider says ${typeof error === 'string' ? error : 'nothing'}` })
      const token = await provider.exchange(code, kept.verifier, redirectUri(request))
      const { principal, expiresAt } = await verifier.read(token)
      const before = sessionId(request)
      if (before !== undefined) sessions.end(before)
      const { id, until } = sessions.begin(principal, expiresAt)
      keepSession(request, reply, id, Math.max(0, Math.floor((until - Date.now()) / 1_000)))
      log.info('logged in', { subject: principal.subject })
      return reply.header('cache-control', 'no-store').redirect(kept.to)
    })

    fastify.get('/auth/logged-out', (_request, reply) =>
      sendNotice(reply, 200, 'Logged out', 'This browser has no session here any more.'),
    )

    const logout = (path: string, end: (id: string) => void) =>
      fastify.post(path, async (request, reply) => {
        if (!holdsToken(request)) throw tokenNeeded()
        const id = sessionId(request)
        const principal = id === undefined ? undefined : sessions.principal(id)
        if (id === undefined || principal === undefined) throw tokenMissing()
        end(id)
        keepSession(request, reply, '', 0)
        log.info('logged out', { subject: principal.subject, path })
        return reply.status(204).send()
      })
    logout('/auth/logout', (id) => sessions.end(id))
    logout('/auth/logout-everywhere', (id) => sessions.endAll(sessions.principal(id)!.subject))
  }

const keepSession = (request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void =>
  keep(request, reply, SESSION_COOKIE, { value, maxAge, path: '/', sameSite: 'Strict' })

const keptFor = (state: unknown, { headers }: FastifyRequest) => {
  if (typeof state !== 'string' || !/^[\w-]{22}$/.test(state)) return undefined
  const cookie = cookieIn(headers.cookie, attemptCookie(state))
  if (cookie === undefined) return undefined
  try {
    return attemptKept.safeParse(JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}

const originOf = (request: FastifyRequest): string => {
  const origin = `${cameByTls(request) ? 'https' : 'http'}://${request.headers.host}`
  if (!URL.canParse(origin)) throw new Problem(400, { detail: 'the request names no host' })
  return new URL(origin).origin
}
