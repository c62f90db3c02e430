import { setTimeout as delay } from 'node:timers/promises'
import { type Drill, ended, shown } from './drill.ts'

/** As the alert has it. */
const OLD_MS = 30_000

export const outboxOld: Drill = {
  fault: 'the broker is frozen, and an order that was accepted is told to nobody',
  make: async (system) => {
    await system.pause('broker')
    const orderId = await system.place()
    const at = Date.now()
    await delay(OLD_MS)
    const waited = await shown('an order that only its own service knows', 20, async () => {
      const order = await system.look<{ status: string; missing?: string[] }>(`/api/orders/${orderId}`)
      return order?.status === 'placed' && order.missing?.includes('query') ? Date.now() - at : undefined
    })
    return {
      shows: `order ${orderId} was accepted ${Math.round(waited / 1_000)} s ago, and nobody else has heard of it`,
      look: [`curl -s ${system.url}/api/orders/${orderId}`, `${system.url}/processes`, `${system.url}/topics`],
      mend: async () => {
        await system.resume('broker')
        await ended(system, orderId, 'completed')
        return `order ${orderId} is completed`
      },
    }
  },
}
