import { type Drill, ended, type SystemUnderDrill, shown } from './drill.ts'
import { byHandAtProvider, captureOf } from './provider.ts'

/** Until then the order can be cancelled. */
const NOT_DISPATCHED_MS = 600_000
const STEP = 'refund-payment'

/** A compensation that the provider refuses: the money went back already, and the saga cannot know. */
export const stuckSaga: Drill = {
  fault: 'an order is refunded by hand at the provider, then its customer cancels it',
  make: async (system) => {
    const before = await system.do<{ dispatchMs: number }>('GET', '/api/simulators/carrier/settings')
    await system.do('PUT', '/api/simulators/carrier/settings', { dispatchMs: NOT_DISPATCHED_MS })
    const orderId = await system.place()
    try {
      const { captureId, amount } = await captureOf(system, orderId)
      await byHandAtProvider(system, 'refunds', { orderId, captureId, ...amount })
      await system.do('POST', `/api/orders/${orderId}/cancel`)
    } finally {
      await system.do('PUT', '/api/simulators/carrier/settings', { dispatchMs: before.dispatchMs })
    }
    await inState(system, orderId, 'needs_attention')
    return {
      shows: `the saga of order ${orderId} needs attention: its step ${STEP} was refused`,
      look: [
        `curl -s '${system.url}/api/sagas?state=needs_attention'`,
        `curl -s ${system.url}/api/orders/${orderId}/saga`,
        `curl -s '${system.url}/api/simulators/payment/operations?orderId=${orderId}'`,
        `${system.url}/sagas`,
      ],
      mend: async () => {
        const reason = 'refunded by hand, as the ledger of the provider shows'
        await system.do('POST', `/api/sagas/${orderId}/steps/${STEP}/skip`, { reason })
        await ended(system, orderId, 'cancelled')
        await inState(system, orderId, 'compensated')
        return `order ${orderId} is cancelled and its saga at its end`
      },
    }
  },
}

const inState = (system: SystemUnderDrill, orderId: string, state: string): Promise<true> =>
  shown(`the saga of order ${orderId} to be ${state}`, 90, async () => {
    const saga = await system.look<{ state: string }>(`/api/orders/${orderId}/saga`)
    return saga?.state === state || undefined
  })
