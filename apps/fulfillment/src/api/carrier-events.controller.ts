import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Consequences, isTraceparent, orderId, returnId } from '#libs/contracts'
import { GroupCommit, type UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { Problem, parse, Trace } from '#libs/http'
import { Inbox } from '#libs/inbox'
import { setAside } from '#libs/messaging'
import { announceAggregate, handle } from '#libs/service'
import { verifyWebhook } from '#libs/webhooks'
import { CARRIER_SECRETS, type CarrierSecrets } from '../carrier-secrets.ts'
import { returns } from '../return-aggregate.ts'
import { shipments } from '../shipment-aggregate.ts'
import { traceReport } from './trace-report.ts'

const text = z.string().min(1).max(100)
const parcelEvent = z.object({
  eventId: text,
  /** What the booking said that the shipment is for. */
  orderId,
  shipmentId: text,
  trackingNumber: text,
  /** Of the booking. One that is none is no reason to refuse the report. */
  traceparent: z.string().refine(isTraceparent).optional().catch(undefined),
})
const carrierEvent = z.union([
  parcelEvent.extend({ type: z.enum(['dispatched', 'delivered', 'lost']), returnId }),
  parcelEvent.extend({ type: z.enum(['dispatched', 'delivered']), returnId: z.undefined().optional() }),
])
type CarrierEvent = z.infer<typeof carrierEvent>
/** Each event is looked at by itself: one that is malformed must not hold up the others. */
const reports = z.object({ events: z.array(z.unknown()).min(1).max(1_000) })

interface Rejected {
  /** Among the events of the request. */
  readonly index: number
  readonly detail: string
}

const SERVICE = 'fulfillment'
const CARRIER = 'carrier'
/** Whose requests are claimed by their id, so that nobody shows one of them again. */
const CARRIER_REQUESTS = 'carrier-requests'
const CHANNEL = 'carrier-events'

/**
 * The carrier tells what became of its parcels. It repeats what was not answered 2xx, so that is only said when
 * everything is committed; what was recorded before changes nothing. It signs each request (libs/webhooks), with an id
 * of its own also for a repetition. To repeat an event that we cannot use would not
 * make it any better: it is answered by its index and put aside among the parked messages.
 */
@Controller('carrier-events')
export class CarrierEventsController {
  constructor(
    @Inject(GroupCommit) private readonly groupCommit: GroupCommit,
    @Inject(CARRIER_SECRETS) private readonly secrets: CarrierSecrets,
  ) {}

  @Post()
  @HttpCode(200)
  async receive(@Body() body: unknown, @Req() request: FastifyRequest, @Trace() traceparent: string) {
    const requestId = signedId(request, this.secrets)
    const { events } = parse(reports, body)
    const parsed = events.map((event) => carrierEvent.safeParse(event))
    const usable = parsed.flatMap(({ data }) => data ?? [])
    const ids = usable.map(({ eventId }) => eventId)
    const rejected = await this.groupCommit.submit({
      weight: events.length,
      announce: (uow) => {
        uow.part(Inbox).announce(CARRIER, ids)
        if (requestId !== undefined) uow.part(Inbox).announce(CARRIER_REQUESTS, [requestId])
        for (const event of usable) announce(uow, event)
      },
      run: async (uow) => {
        if (requestId !== undefined && (await uow.part(Inbox).claim(CARRIER_REQUESTS, [requestId])).size === 0)
          return 'replayed'
        const news = await uow.part(Inbox).claim(CARRIER, ids)
        const rejected: Rejected[] = []
        for (const [index, { data: event, error }] of parsed.entries()) {
          const content = events[index]
          if (event === undefined) {
            const detail = z.prettifyError(error)
            setAside(uow, SERVICE, { channel: CHANNEL, content, reason: 'invalid_data', detail })
            rejected.push({ index, detail })
          } else if (news.delete(event.eventId)) {
            const refusal = await report(uow, event, traceparent)
            if (refusal === undefined) continue
            const detail = `${refusal.refused}${refusal.detail === undefined ? '' : `: ${refusal.detail}`}`
            const { orderId } = event
            setAside(uow, SERVICE, { channel: CHANNEL, content, reason: 'unprocessable', detail, orderId })
            rejected.push({ index, detail })
          }
        }
        return rejected
      },
    })
    if (rejected === 'replayed') throw unsigned(`the request ${requestId} was received before`)
    return { received: events.length, ...(rejected.length > 0 && { rejected }) }
  }
}

/** The id of a request that the carrier has signed; undefined where nobody signs. */
const signedId = (
  { headers, rawBody = Buffer.alloc(0) }: FastifyRequest,
  secrets: CarrierSecrets,
): string | undefined => {
  if (secrets === 'nobody signs') return undefined
  const verdict = verifyWebhook({ headers, body: rawBody }, secrets)
  if ('refused' in verdict) throw unsigned(verdict.refused)
  return verdict.id
}

const unsigned = (detail: string): Problem =>
  new Problem(401, { type: 'unsigned-webhook', title: 'Not signed by the carrier', detail })

/** Answers why not, when it cannot be. */
const report = async (uow: UnitOfWork, event: CarrierEvent, request: string): Promise<Refusal | undefined> => {
  const { eventId, orderId, shipmentId, trackingNumber } = event
  const cause = { id: eventId, correlationId: orderId, traceparent: traceReport(uow, event, request) }
  const consequences = new Consequences(cause, `/waybill/${SERVICE}`, uow.now)
  const parcel = { shipmentId, trackingNumber }
  if (event.returnId === undefined) {
    const input = { type: 'reported', report: event.type, parcel } as const
    return refusalIn(await handle(uow, consequences, { to: shipments, id: orderId, input }))
  }
  const input = { type: 'reported', report: event.type, parcel } as const
  return refusalIn(await handle(uow, consequences, { to: returns, id: event.returnId, input }))
}

const refusalIn = (decision: readonly unknown[] | Refusal): Refusal | undefined =>
  isRefusal(decision) ? decision : undefined

const announce = (uow: UnitOfWork, { orderId, returnId }: CarrierEvent): void =>
  returnId === undefined ? announceAggregate(uow, shipments, orderId) : announceAggregate(uow, returns, returnId)
