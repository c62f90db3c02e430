import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '#libs/http'
import { refuse } from '../refusals/refuse.ts'

/** A cookie that only our own pages can read, and the header in which they say what it holds. */
export const TOKEN_COOKIE = 'waybill-csrf'
export const TOKEN_HEADER = 'x-csrf-token'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
const TOKEN = new RegExp(`(?:^|;\\s*)${TOKEN_COOKIE}=([\\w-]{22})(?:;|$)`)

export const isRead = ({ method }: FastifyRequest): boolean => READS.has(method)

/** With a page, unless its browser has one: open pages go on after a restart of the gateway, and beside each other. */
export const giveToken = ({ headers }: FastifyRequest, reply: FastifyReply): void => {
  if (tokenIn(headers.cookie) !== undefined) return
  const token = randomBytes(16).toString('base64url')
  reply.header('set-cookie', `${TOKEN_COOKIE}=${token}; Path=/; SameSite=Strict`)
}

/**
 * A page of somebody else that is open in the same browser must not be able to write. Browsers say where a request is
 * from: one of another origin is refused, and one of ours must hold the token that only our pages can read. Programs say
 * neither and need none: nobody can make them send what they did not mean to.
 */
export const refuseCrossSiteWrites = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, reply, done) => {
    const detail = isRead(request) ? undefined : whatIsWrongWith(request)
    if (detail === undefined) return done()
    refuse(request, reply, crossSite(detail))
  })
}

const whatIsWrongWith = ({ headers }: FastifyRequest): string | undefined => {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (origin === undefined && site === undefined) return undefined
  if (site !== undefined && site !== 'same-origin') return `a write may not come from a page of another site (${site})`
  if (origin !== undefined && hostOf(origin) !== host) return `a write may not come from a page of ${origin}`
  return holdsToken({ headers }) ? undefined : TOKEN_NEEDED
}

const TOKEN_NEEDED = `a write from a browser must say in ${TOKEN_HEADER} what the cookie ${TOKEN_COOKIE} holds; load the page again`

/** Whether what was sent can only come from a page of ours. Whoever is known by a cookie needs it for every write. */
export const holdsToken = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean => {
  const token = tokenIn(headers.cookie)
  return token !== undefined && headers[TOKEN_HEADER] === token
}

export const tokenNeeded = (): Problem => crossSite(TOKEN_NEEDED)

const crossSite = (detail: string): Problem =>
  new Problem(403, { type: 'cross-site-request', title: 'Cross-site request', detail })

const tokenIn = (cookie: string | undefined): string | undefined => TOKEN.exec(cookie ?? '')?.[1]

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)
