import { type AnyMessage, Consequences, causeOf, causeWithin } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { counter, metrics, spanTime } from '#libs/observability'
import type { AnyHandler, HandlerTable, Position } from './handlers.ts'
import { traceHandling } from './trace-handling.ts'

/** The service that consumes: what handling a message takes beside the message. */
export interface ConsumerContext {
  /** Its name in the inbox and among the parked messages. */
  readonly consumer: string
  /** Who its messages come from, e.g. `/waybill/payment`. */
  readonly source: string
  readonly handlers: HandlerTable
  /** The handlers know a message that they have handled before: the inbox need not. */
  readonly recognisesDuplicates: boolean
  /** What nobody can read is for those to park whose topic it is. Default false. */
  readonly passesOverUnreadable?: boolean
}

const handlerTime = counter(metrics.messaging.handlerTime)

export const announceMessage = (
  { handlers }: ConsumerContext,
  message: AnyMessage,
  position: Position,
  uow: UnitOfWork,
): void => handlerOf(handlers, message).announce?.(message, uow, position)

/** Runs the handler of a message whose type is known to have one. */
export const handleMessage = async (
  { handlers, source }: ConsumerContext,
  message: AnyMessage,
  position: Position,
  uow: UnitOfWork,
  batch?: string,
): Promise<Refusal | undefined> => {
  const startedAt = spanTime()
  const consequences = new Consequences(causeWithin(causeOf(message), source), source, uow.now)
  const refusal = await handlerOf(handlers, message).handle(message, { uow, consequences, position })
  handlerTime.inc({ type: message.type }, (spanTime() - startedAt) / 1_000)
  traceHandling(uow, { source, message, position, startedAt, batch, refused: refusal ? refusal.refused : undefined })
  return refusal ?? undefined
}

const handlerOf = (handlers: HandlerTable, { type }: AnyMessage): AnyHandler => {
  const handler = handlers.get(type)
  if (handler === undefined || handler === 'ignore') throw new Error(`${type} has no handler`)
  return handler
}
