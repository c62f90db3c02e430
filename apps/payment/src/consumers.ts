import { Controller } from '@nestjs/common'
import type { AnyMessage, Message } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { type HandlersOf, Handles, type MessageContext } from '#libs/messaging'
import type { PaymentInput } from './domain/decide.ts'
import { announcePayment, handlePayment } from './payments.ts'

type Commands = HandlersOf<'payment-commands'>

/** Message type → decision. */
@Controller()
export class PaymentConsumers implements Commands {
  @Handles('payment.authorize')
  'payment.authorize'(message: Message<'payment.authorize'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'authorize', data: message.data }, context)
  }

  @Handles('payment.capture')
  'payment.capture'(message: Message<'payment.capture'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'capture', data: message.data }, context)
  }

  @Handles('payment.void')
  'payment.void'(message: Message<'payment.void'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'void', data: message.data }, context)
  }

  @Handles('payment.refund')
  'payment.refund'(message: Message<'payment.refund'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'refund', data: message.data }, context)
  }
}

const handle = (
  message: Message<keyof Commands>,
  input: PaymentInput,
  { uow, consequences }: MessageContext,
): Promise<void> => handlePayment(uow, message.data.orderId, input, { consequences, causationId: message.id })

/** What the handlers above are going to read. */
export const announce = ({ data }: AnyMessage, uow: UnitOfWork): void => {
  if ('orderId' in data) announcePayment(uow, data.orderId)
}
