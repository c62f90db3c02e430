import type { Message } from '#libs/contracts'
import type { Database } from '#libs/database'
import { refuse } from '#libs/decider'
import {
  type DeadWork,
  done,
  type Ending,
  later,
  type QueueHandler,
  type WorkContext,
  type Worked,
} from '#libs/messaging'
import { CALL_TIMEOUT_MS, type Dispatch, type Provider, type ProviderAnswer } from './channels/provider.ts'
import type { DeliverType } from './deliver.ts'
import type { Channel } from './domain/channels.ts'
import type { Customers } from './domain/customers.ts'
import { recordFailed, recordSent, recordUnreachable } from './ended-delivery.ts'
import { type Sealing, withoutAddress } from './sealing.ts'
import { findDelivery } from './sql/find-delivery.ts'
import { render, UnknownWording } from './templates/render.ts'
import { Throttles } from './throttles.ts'

type Delivery = Message<DeliverType>

export interface DeliveriesOptions {
  readonly database: Database
  readonly providers: Readonly<Record<Channel, Provider>>
  readonly customers: Customers
  readonly personal: Sealing
  readonly throttles?: Throttles
}

/**
 * Sends what is on the queues. Every try passes on the notification's id as idempotency key and says the same, so a
 * provider that honours the key tells nobody twice, whoever died in between and however often it is tried.
 */
export const deliveries = ({
  database,
  providers,
  customers,
  personal,
  throttles = new Throttles(),
}: DeliveriesOptions): QueueHandler<DeliverType> => ({
  async work(message, { signal, attempt }): Promise<Worked> {
    const { data } = message
    const held = throttles.heldUntil(data.channel)
    if (held !== undefined) return later(held)
    const before = await findDelivery(database, data)
    // Redriven after another channel told the customer, or published twice: there is nothing left to say.
    if (before?.status === 'sent' || before?.isReplaced) return undefined
    const to = await personal.open(data.to)
    if (to === undefined) return refuse('customer_erased', 'the personal data of the customer was erased')
    const content = contentOf(message, (await personal.reveal(data.values)) as typeof data.values)
    if ('refused' in content) return content
    const answer = await call(providers[data.channel], { ...content, ...dispatchOf(message), to }, signal)
    switch (answer.kind) {
      case 'taken':
        return done((ending) => recordSent(ending, data, attempt))
      case 'throttled':
        return later(throttles.hold(data.channel, answer.retryAfterMs))
      case 'unreachable':
        return done((ending) =>
          recordUnreachable(ending, message, { reason: answer.reason, tries: attempt }, customers, personal),
        )
      case 'refused':
        return refuse('refused_by_provider', answer.reason)
    }
  },
  dead: (message, why: DeadWork, ending: Ending) => recordFailed(ending, message, why, customers, personal),
})

/** No answer in time is no answer: whether the message was taken is not known, and the next try, by the same key, tells. */
const call = async (provider: Provider, dispatch: Dispatch, signal: WorkContext['signal']): Promise<ProviderAnswer> => {
  const limit = AbortSignal.timeout(CALL_TIMEOUT_MS)
  try {
    const answer = await provider.send(dispatch, AbortSignal.any([signal, limit]))
    return 'reason' in answer ? { ...answer, reason: answer.reason.replaceAll(dispatch.to, 'the address') } : answer
  } catch (error) {
    throw withoutAddress(error, dispatch.to)
  }
}

const dispatchOf = ({ id, data, causationId, correlationId }: Delivery): Omit<Dispatch, 'content' | 'to'> => ({
  id,
  about: { kind: data.kind, orderId: data.orderId, causationId, correlationId },
})

const contentOf = ({ data }: Delivery, values: Delivery['data']['values']) => {
  const { template, templateVersion: version, channel, locale } = data
  try {
    return { content: render({ template, channel, locale, version }, values) }
  } catch (error) {
    if (!(error instanceof UnknownWording)) throw error
    return refuse('unknown_template', error.message)
  }
}
