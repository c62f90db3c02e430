import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common'
import { z } from 'zod'
import { Consequences, orderId } from '#libs/contracts'
import { GroupCommit, type UnitOfWork } from '#libs/database'
import { isRefusal } from '#libs/decider'
import { parse, Trace } from '#libs/http'
import { Inbox } from '#libs/inbox'
import { createLogger, fields } from '#libs/observability'
import { announceAggregate, handle } from '#libs/service'
import { shipments } from '../shipment-aggregate.ts'

const text = z.string().min(1).max(100)
const carrierEvent = z.object({
  eventId: text,
  type: z.enum(['dispatched', 'delivered']),
  /** What the booking said that the shipment is for. */
  orderId,
  shipmentId: text,
  trackingNumber: text,
})
type CarrierEvent = z.infer<typeof carrierEvent>
const reports = z.object({ events: z.array(carrierEvent).min(1).max(1_000) })

const CARRIER = 'carrier'
const log = createLogger('carrier-events')

/**
 * The carrier tells what became of its parcels. It repeats what was not answered 2xx, so that is only said when
 * everything is committed; what was recorded before changes nothing.
 */
@Controller('carrier-events')
export class CarrierEventsController {
  constructor(@Inject(GroupCommit) private readonly groupCommit: GroupCommit) {}

  @Post()
  @HttpCode(200)
  async receive(@Body() body: unknown, @Trace() traceparent: string) {
    const { events } = parse(reports, body)
    const ids = events.map(({ eventId }) => eventId)
    await this.groupCommit.submit({
      weight: events.length,
      announce: (uow) => {
        uow.part(Inbox).announce(CARRIER, ids)
        for (const event of events) announceAggregate(uow, shipments, event.orderId)
      },
      run: async (uow) => {
        const news = await uow.part(Inbox).claim(CARRIER, ids)
        for (const event of events) if (news.delete(event.eventId)) await report(uow, event, traceparent)
      },
    })
    return { received: events.length }
  }
}

const report = async (uow: UnitOfWork, event: CarrierEvent, traceparent: string): Promise<void> => {
  const { eventId, type, orderId, shipmentId, trackingNumber } = event
  const cause = { id: eventId, correlationId: orderId, traceparent }
  const consequences = new Consequences(cause, '/waybill/fulfillment', uow.now)
  const input = { type: 'reported', report: type, parcel: { shipmentId, trackingNumber } } as const
  const decision = await handle(uow, consequences, { to: shipments, id: orderId, input })
  // Asking the carrier to repeat it would not make it any truer.
  if (isRefusal(decision))
    log.error('the carrier reports what cannot be', { eventId, type, [fields.orderId]: orderId, ...decision })
}
