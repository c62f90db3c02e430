import type { Upcasters } from '#libs/decider'
import type { Payment } from './payment.ts'

/** Version 2: the event of the capture says the amount itself; the event that asked for the authorization said it before. */
export const paymentVersions: Upcasters<Payment> = {
  Captured: [
    ({ captureId }: { captureId: string }, payment) => {
      if (!('amount' in payment)) throw new Error(`a payment that is ${payment.status} was captured`)
      return { captureId, amount: payment.amount }
    },
  ],
}
