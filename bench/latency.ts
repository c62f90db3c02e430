import { type Client, orderOf } from '../test/support/client.ts'
import { until } from '../test/support/until.ts'
import { ms, percentile, report } from './figures.ts'

const WARM_UP = 30

/**
 * One order at a time, provider and carrier at 0 ms: from sending the request to the instant at which the order
 * service recorded the completion. Both are read from this machine's clock, so looking for the end adds nothing.
 */
export const latencyAtRest = async (client: Client, orders: number): Promise<void> => {
  await client.call('PUT', '/api/simulators/payment/settings', { latencyMs: 0 })
  await client.call('PUT', '/api/simulators/carrier/settings', { latencyMs: 0, dispatchMs: 0, deliveryMs: 0 })
  const times: number[] = []
  for (let i = 0; i < WARM_UP + orders; i++) {
    const sentAt = Date.now()
    const { body } = await client.place(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: `rest-${i % 10}` }))
    const completedAt = await until(
      'the order to complete',
      async () => {
        const { timeline } = await client.order(body.orderId)
        return timeline.find(({ type }) => type === 'order.completed')?.at
      },
      { everyMs: 25 },
    )
    if (i >= WARM_UP) times.push(Date.parse(completedAt) - sentAt)
  }
  const [p50, p99] = [percentile(times, 50), percentile(times, 99)]
  report(
    `placed to completed at rest, p50 / p99 of ${orders}`,
    `${ms(p50)} / ${ms(p99)} ms`,
    '≤ 80 / 200 ms',
    p50 <= 80 && p99 <= 200,
  )
}
