import { type AnyMessage, Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Announce, HandlerTable, Position } from './handlers.ts'

/** The service that consumes: what handling a message takes beside the message. */
export interface ConsumerContext {
  /** Its name in the inbox and among the parked messages. */
  readonly consumer: string
  /** Who its messages come from, e.g. `/waybill/payment`. */
  readonly source: string
  readonly handlers: HandlerTable
  readonly announce: Announce
  /** The handlers know a message that they have handled before: the inbox need not. */
  readonly recognisesDuplicates: boolean
}

/** Runs the handler of a message whose type is known to have one. */
export const handleMessage = async (
  { handlers, source }: ConsumerContext,
  message: AnyMessage,
  position: Position,
  uow: UnitOfWork,
): Promise<void> => {
  const handler = handlers.get(message.type)
  if (typeof handler !== 'function') throw new Error(`${message.type} has no handler`)
  await handler(message, { uow, consequences: new Consequences(message, source, uow.now), position })
}
