import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, toProblem } from '#libs/http'
import { createLogger } from '#libs/observability'
import { refuse } from '../refusals/refuse.ts'
import { holdsToken, isRead, tokenNeeded } from '../web/csrf.ts'
import { accessTo, isFor, type Owned } from './access.ts'
import type { Owners } from './owners.ts'
import { mayAs } from './principal.ts'
import type { Sessions } from './sessions.ts'
import { tokenMissing } from './tokens.ts'

const log = createLogger('auth')

/** Everything below `/api` is for who is known (`identify`) and has the role that the table of `access.ts` asks for. */
export const authorize = (fastify: FastifyInstance, owners: Owners, sessions: Sessions): void => {
  const hook = (
    name: 'onRequest' | 'preHandler',
    check: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
  ) =>
    fastify.addHook(name as 'preHandler', async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        await check(request, reply)
      } catch (error) {
        const problem = toProblem(error)
        if (problem.status === 403)
          log.warn('not allowed', {
            subject: request.principal?.subject,
            method: request.method,
            path: pathOf(request),
          })
        refuse(request, reply, problem)
        return reply
      }
    })
  hook('onRequest', async (request, reply) => letIn(request, reply, sessions))
  hook('preHandler', (request) => refuseOthers(request, owners))
}

const pathOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? ''

const letIn = (request: FastifyRequest, reply: FastifyReply, sessions: Sessions): void => {
  const path = pathOf(request)
  if (!path.startsWith('/api/')) return
  const access = accessTo(request.method, path)
  if (access === 'anyone') return
  const { principal, session, unidentified } = request
  if (principal === undefined) throw unidentified ?? tokenMissing()
  if (session !== undefined) keepToSession(session, request, reply, sessions)
  if (access === undefined) throw notAllowed('nobody may do this')
  if (access !== 'known' && !isFor(access, principal))
    throw notAllowed(`this is for ${allowed(access.staff, access.customer)}`)
}

/** A browser sends its cookie with whatever it is made to send: a write is a page's own with its token only. */
const keepToSession = (session: string, request: FastifyRequest, reply: FastifyReply, sessions: Sessions): void => {
  if (!isRead(request) && !holdsToken(request)) throw tokenNeeded()
  // A stream of events would go on for long after the session.
  reply.raw.once(
    'close',
    sessions.whenEnded(session, () => reply.raw.destroy()),
  )
}

const allowed = (staff: string, customer: Owned | undefined): string =>
  [...(customer === undefined ? [] : ['a customer']), staff].join(' or ') + (staff === 'admin' ? '' : ' and above')

/** Of what is a customer's, only their own; that others have something of that name they do not get to know. */
const refuseOthers = async (request: FastifyRequest, owners: Owners): Promise<void> => {
  const { principal } = request
  if (principal === undefined) return
  const access = accessTo(request.method, pathOf(request))
  if (access === undefined || access === 'anyone' || access === 'known' || mayAs(principal, access.staff)) return
  const { customerId } = principal
  if (customerId === undefined) throw notAllowed('the token names no customer')
  const { orderId, quoteId, customerId: named } = request.params as Readonly<Record<string, string>>
  switch (access.customer) {
    case 'order':
      if ((await owners.of('orders', orderId!)) !== customerId) throw notThere(`no order ${orderId} is known`)
      return
    case 'quote':
      if ((await owners.of('quotes', quoteId!)) !== customerId) throw notThere(`no quote ${quoteId} is known`)
      return
    case 'customer':
      if (named !== customerId) throw notThere(`no customer ${named} is known`)
      return
    case 'query':
      if ((request.query as Readonly<Record<string, unknown>>).customerId !== customerId)
        throw notAllowed(`ask for your own: customerId=${customerId}`)
      return
    case 'body':
      if (customerIn(request.body) !== customerId) throw notAllowed(`customerId must be yours, ${customerId}`)
      return
    default:
      return
  }
}

/** Of a body as it came. Whoever owns the route says what is wrong with one that is no JSON: it names nobody. */
const customerIn = (body: unknown): unknown => {
  try {
    const given = Buffer.isBuffer(body) ? JSON.parse(body.toString('utf8')) : body
    return (given as { readonly customerId?: unknown } | null)?.customerId
  } catch {
    return undefined
  }
}

const notAllowed = (detail: string): Problem => new Problem(403, { type: 'not-allowed', title: 'Not allowed', detail })

const notThere = (detail: string): Problem => new Problem(404, { detail })
