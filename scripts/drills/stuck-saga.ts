import { randomUUID } from 'node:crypto'
import { type Drill, ended, type SystemUnderDrill, shown } from './drill.ts'

/** Until then the order can be cancelled. */
const NOT_DISPATCHED_MS = 600_000
const STEP = 'refund-payment'

interface Saga {
  readonly state: string
  readonly steps: readonly { readonly name: string }[]
}

/** A compensation that was refused for good, by a word that is not true: the saga waits for a person to ask again. */
export const stuckSaga: Drill = {
  fault: 'a cancelled order is said to have its refund declined, while payment is frozen',
  make: async (system) => {
    const before = await system.do<{ dispatchMs: number }>('GET', '/api/simulators/carrier/settings')
    await system.do('PUT', '/api/simulators/carrier/settings', { dispatchMs: NOT_DISPATCHED_MS })
    const orderId = await system.place()
    try {
      await shown(`order ${orderId} to be paid`, 60, async () => {
        const order = await system.look<{ payment?: { status: string } }>(`/api/orders/${orderId}`)
        return order?.payment?.status === 'captured' || undefined
      })
      await system.pause('payment')
      await system.do('POST', `/api/orders/${orderId}/cancel`)
      await shown('the refund to be asked for', 50, async () => {
        const saga = await sagaOf(system, orderId)
        return saga?.steps.some(({ name }) => name === STEP) || undefined
      })
    } finally {
      await system.do('PUT', '/api/simulators/carrier/settings', { dispatchMs: before.dispatchMs })
    }
    await sayDeclined(system, orderId)
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
        await system.resume('payment')
        const { status, body } = await system.ask('POST', `/api/sagas/${orderId}/steps/${STEP}/retry`, {
          reason: 'the ledger of the provider shows no refund',
        })
        // Payment may have carried out what it had been asked for before.
        if (status !== 202 && status !== 409)
          throw new Error(`the retry was answered ${status}: ${JSON.stringify(body)}`)
        await ended(system, orderId, 'cancelled')
        await inState(system, orderId, 'compensated')
        return `order ${orderId} is cancelled and its saga at its end`
      },
    }
  },
}

const sayDeclined = async (system: SystemUnderDrill, orderId: string): Promise<void> => {
  const { customerId } = await system.do<{ customerId: string }>('GET', `/api/orders/${orderId}`)
  await system.do('POST', '/api/topics/payments/messages', {
    ...{ key: customerId, reason: 'a drill' },
    value: JSON.stringify({ orderId, customerId, operation: 'refund', code: 'drill' }),
    headers: {
      ...{ ce_specversion: '1.0', ce_id: randomUUID(), ce_type: 'payment.declined', ce_source: '/drill' },
      ...{ ce_subject: orderId, ce_time: new Date().toISOString(), ce_dataversion: '2' },
      ...{ correlationid: orderId, causationid: randomUUID() },
    },
  })
}

const sagaOf = (system: SystemUnderDrill, orderId: string): Promise<Saga | undefined> =>
  system.look<Saga>(`/api/orders/${orderId}/saga`)

const inState = (system: SystemUnderDrill, orderId: string, state: string): Promise<true> =>
  shown(`the saga of order ${orderId} to be ${state}`, 90, async () =>
    (await sagaOf(system, orderId))?.state === state ? true : undefined,
  )
