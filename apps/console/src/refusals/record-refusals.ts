import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { createLogger, fields } from '#libs/observability'
import type { Forwarder, Patience } from '../forwarder.ts'
import type { ClientAddress } from '../rate-limits/client-address.ts'
import { isRead } from '../web/csrf.ts'
import { refusalOf } from './refusal.ts'
import { type Keep, RefusalTrail } from './refusal-trail.ts'

/** What of a day's refusals a crash may cost. Milliseconds. */
const EVERY_MS = 5_000
const PATIENCE: Patience = { answerMs: 5_000, restartMs: 1_000 }
/** That who asks may not, or not now; not that we could not. */
const REFUSED = new Set([401, 403, 404, 421, 429])

const log = createLogger('refusals')

/** Puts every write that the edge refuses on the audit trail: `keeper`'s part of it, for the gateway has no database. */
export const recordRefusals = (
  fastify: FastifyInstance,
  forwarder: Pick<Forwarder, 'forward'>,
  addressOf: ClientAddress,
  everyMs = EVERY_MS,
): void => {
  const trail = new RefusalTrail(keptBy(forwarder), randomUUID)
  fastify.addHook('onResponse', (request, _reply, done) => {
    const { refused } = request
    if (refused !== undefined && REFUSED.has(refused.status) && !isRead(request))
      trail.add(refusalOf(request, addressOf, Date.now()))
    done()
  })
  let flushing = Promise.resolve()
  const flush = () => {
    flushing = flushing
      .then(() => trail.flush())
      .catch((error: unknown) => log.warn('refusals are not on record yet', { [fields.error]: error }))
    return flushing
  }
  const timer = setInterval(flush, everyMs)
  timer.unref()
  fastify.addHook('onClose', async () => {
    clearInterval(timer)
    await flush()
  })
}

/** The service of the read models: what strangers do costs nobody who places orders a turn at the end of their trail. */
const keptBy =
  (forwarder: Pick<Forwarder, 'forward'>): Keep =>
  async (deeds, key) => {
    const { status } = await forwarder.forward(
      'query',
      {
        ...{ method: 'POST', path: '/internal/audit/refusals' },
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: Buffer.from(JSON.stringify({ deeds })),
      },
      PATIENCE,
    )
    if (status !== 204) throw new Error(`the query service answered ${status}`)
  }
