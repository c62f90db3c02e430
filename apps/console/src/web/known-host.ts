import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Problem } from '#libs/http'
import { refuse } from '../refusals/refuse.ts'

/**
 * Without a login, what keeps strangers away is that only this machine reaches the port. A page of a stranger that is
 * open in a browser here could make its own name lead to the port and would be of the same origin then (DNS rebinding).
 * Such a name is one of the public DNS: addresses, and names without a dot, are nobody's to point at us.
 */
export const refuseForeignHosts = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isOurs(request.headers.host)) return done()
    const detail = 'without a login this answers to localhost, to addresses and to names without a dot only'
    refuse(request, reply, new Problem(421, { type: 'foreign-host', detail }))
  })
}

const isOurs = (host: string | undefined): boolean => {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  return isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')
}
