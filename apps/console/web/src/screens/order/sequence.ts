import type { CarrierShipment, Mail, OrderMessage, ProviderOperation } from '../../server/types.ts'

/** Who takes part, in the order in which they stand beside each other. */
export const lanes = [
  'customer',
  'order',
  'payment',
  'provider',
  'inventory',
  'fulfillment',
  'carrier',
  'notification',
  'query',
] as const
export type Lane = (typeof lanes)[number]

export interface Arrow {
  readonly id: string
  /** Milliseconds since 1970: when it was decided, or arrived where the outside world says so. */
  readonly at: number
  readonly from: Lane
  readonly to: readonly Lane[]
  readonly label: string
  readonly kind: 'request' | 'command' | 'fact' | 'call' | 'report' | 'mail'
  readonly failed: boolean
  /** What is unusual about it: a repetition, a duplicate, a refusal. */
  readonly notes: readonly string[]
  /** Between the decision and the topic. */
  readonly outboxMs?: number
  /** From the topic to the first decision that followed from it: on the topic and in the handler. */
  readonly handledMs?: number
  readonly message?: OrderMessage
}

export interface Happenings {
  readonly placedAt: string
  readonly messages: readonly OrderMessage[]
  readonly operations: readonly ProviderOperation[]
  readonly shipments: readonly CarrierShipment[]
  readonly mails: readonly Mail[]
}

/** Everything that happened, the oldest first: what was said over topics, and what was said to and by the outside world. */
export const sequence = ({ placedAt, messages, operations, shipments, mails }: Happenings): Arrow[] =>
  [
    { ...plain('placed', placedAt, 'customer', 'order', 'POST /api/orders'), kind: 'request' as const },
    ...messageArrows(messages),
    ...callArrows(operations),
    ...shipments.flatMap(reportArrows),
    ...mails.map(mailArrow),
  ].sort((a, b) => a.at - b.at)

const plain = (id: string, at: string, from: Lane, to: Lane, label: string) => ({
  ...{ id, from, label, at: Date.parse(at), to: [to] },
  ...{ failed: false, notes: [] as string[] },
})

const messageArrows = (messages: readonly OrderMessage[]): Arrow[] => {
  const effects = Map.groupBy(messages, ({ causationId }) => causationId)
  const seen = new Set<string>()
  return messages.flatMap((message) => {
    const { id, type, time, publishedAt, topic, partition, offset } = message
    const from = laneOf(message.source)
    if (id === null || type === null || from === undefined) return []
    const isDuplicate = seen.has(id)
    seen.add(id)
    const decidedAt = Date.parse(time ?? publishedAt)
    const caused = (effects.get(id) ?? []).flatMap(({ time }) => (time === null ? [] : [Date.parse(time)]))
    const handledAt = Math.min(...caused)
    return [
      {
        id: `${topic}/${partition}/${offset}`,
        at: decidedAt,
        from,
        to: receivers(message, effects.get(id) ?? []),
        label: type,
        kind: topic.endsWith('-commands') ? ('command' as const) : ('fact' as const),
        failed: FAILED.test(type),
        notes: isDuplicate ? ['published again: known by its id'] : [],
        outboxMs: Math.max(0, Date.parse(publishedAt) - decidedAt),
        ...(Number.isFinite(handledAt) &&
          !isDuplicate && { handledMs: Math.max(0, handledAt - Date.parse(publishedAt)) }),
        message,
      },
    ]
  })
}

const FAILED = /\.(declined|failed|rejected|impossible|cancellation-refused)$/

const laneOf = (source: string | null): Lane | undefined => {
  const name = source?.replace(/^\/waybill\//, '')
  return lanes.find((lane) => lane === name)
}

/** Whoever said something because of it; when nobody did, whom its topic is for. */
const receivers = (message: OrderMessage, effects: readonly OrderMessage[]): Lane[] => {
  const from = laneOf(message.source)
  const known = effects.flatMap(({ source }) => laneOf(source) ?? []).filter((lane) => lane !== from)
  if (known.length > 0) return [...new Set(known)]
  const meant = READERS[message.topic] ?? 'query'
  return [message.topic === 'orders' && !TOLD.test(message.type ?? '') ? 'query' : meant === from ? 'query' : meant]
}

const READERS: Readonly<Record<string, Lane>> = {
  'payment-commands': 'payment',
  'inventory-commands': 'inventory',
  'fulfillment-commands': 'fulfillment',
  payments: 'order',
  inventory: 'order',
  shipments: 'order',
  orders: 'notification',
  notifications: 'query',
}
/** Of these customers are told. */
const TOLD = /^order\.(confirmed|shipped|completed|rejected|cancelled)$/

const callArrows = (operations: readonly ProviderOperation[]): Arrow[] => {
  const tries = new Map<string, number>()
  return operations.map(({ operation, idempotencyKey, result, code, at }, i) => {
    const attempt = (tries.get(idempotencyKey) ?? 0) + 1
    tries.set(idempotencyKey, attempt)
    return {
      ...plain(`call-${i}`, at, 'payment', 'provider', `${operation}: ${code ?? result}`),
      kind: 'call' as const,
      failed: result !== 'ok',
      notes: attempt > 1 ? [`try ${attempt}, same key`] : [],
    }
  })
}

const reportArrows = ({ shipmentId, bookedAt, dispatchedAt, deliveredAt }: CarrierShipment): Arrow[] => [
  { ...plain(`${shipmentId}-booked`, bookedAt, 'fulfillment', 'carrier', 'book a parcel'), kind: 'call' },
  ...(dispatchedAt ? [report(`${shipmentId}-dispatched`, dispatchedAt, 'picked up')] : []),
  ...(deliveredAt ? [report(`${shipmentId}-delivered`, deliveredAt, 'delivered')] : []),
]

const report = (id: string, at: string, label: string): Arrow => ({
  ...plain(id, at, 'carrier', 'fulfillment', label),
  kind: 'report',
})

const mailArrow = ({ subject, receivedAt, messageId }: Mail, i: number): Arrow => ({
  ...plain(messageId ?? `mail-${i}`, receivedAt, 'notification', 'customer', subject),
  kind: 'mail',
})
