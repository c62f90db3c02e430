import { randomUUID } from 'node:crypto'
import { type Drill, shown } from './drill.ts'

interface Parked {
  readonly id: string
  readonly service: string
  readonly key: string | null
}

export const parkedGrowing: Drill = {
  fault: 'payments are reported in a version that no consumer knows yet',
  make: async (system) => {
    const key = `drill-${randomUUID()}`
    const orders = Array.from({ length: 3 }, () => randomUUID())
    for (const orderId of orders) {
      const amount = { amount: 100, currency: 'EUR' }
      await system.do('POST', '/api/topics/payments/messages', {
        ...{ key, reason: 'a drill' },
        value: JSON.stringify({ orderId, customerId: key, authorizationId: 'a-1', amount }),
        headers: {
          ...{ ce_specversion: '1.0', ce_id: randomUUID(), ce_type: 'payment.authorized', ce_source: '/drill' },
          ...{ ce_subject: orderId, ce_time: new Date().toISOString(), ce_dataversion: '99' },
          ...{ correlationid: orderId, causationid: randomUUID() },
        },
      })
    }
    const ours = async (): Promise<Parked[]> => {
      const parked = await system.look<{ items: Parked[] }>('/api/parked?limit=200')
      return (parked?.items ?? []).filter((item) => item.key === key)
    }
    const inOrder = async () => (await ours()).filter(({ service }) => service === 'order')
    const items = await shown('parked messages of order', 60, async () => {
      const now = await inOrder()
      return now.length === orders.length ? now : undefined
    })
    return {
      shows: `${items.length} messages more that order could not handle`,
      look: [
        `curl -s ${system.url}/api/parked`,
        `curl -s ${system.url}/api/parked/order/${items[0]!.id}`,
        `${system.url}/dead-letters`,
      ],
      mend: async () => {
        await shown('none of them to be left', 60, async () => {
          const left = await ours()
          for (const { service, id } of left)
            await system.do('POST', `/api/parked/${service}/${id}/discard`, { reason: 'a drill: nobody means these' })
          return left.length === 0 || undefined
        })
        return 'none of them is left, and who discarded them is in GET /api/audit'
      },
    }
  },
}
