import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { stockLevels, violations } from '../support/oracle.ts'
import { type Replica, startReplica } from '../support/replica.ts'
import { sendBack } from '../support/returns.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

const SERVICES = ['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query']
const ORDERS = 120

let system: RunningSystem
let client: Client
const replicas: Replica[] = []
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(async () => {
  for (const replica of replicas) replica.kill()
  await system?.stop()
})

test('second processes of every service come and go while orders are placed: nothing lost, nothing doubled', {
  timeout: 300_000,
}, async () => {
  const before = await stockLevels(client)
  const planned = await plan(client, ORDERS, everyday, seeded(7))
  const codes: (number | null)[] = []
  let rolling = Promise.resolve()
  const placed = new Set<string>()
  const sentBack: Promise<string[]>[] = []
  await inParallel(planned, 6, async ({ request, cancel, returns }, index) => {
    const service = index % 20 === 0 ? SERVICES[index / 20] : undefined
    if (service !== undefined)
      rolling = rolling.then(async () => {
        replicas.push(await startReplica(system, service))
        // Half of them stay to the end of the orders, the other half leave in the middle of them.
        if (replicas.length % 2 === 0) codes.push(await replicas.at(-1)!.terminate())
      })
    const orderId = await client.placeSurely(request)
    placed.add(orderId)
    if (cancel) await client.cancelSurely(orderId)
    sentBack.push(sendBack(client, orderId, returns))
  })
  await rolling
  await Promise.all([...placed].map((orderId) => client.terminal(orderId)))
  const orders = await Promise.all([...placed].map((orderId) => client.order(orderId)))
  expect((await Promise.all(sentBack)).flat()).not.toEqual([])
  expect(await violations(client, orders, before)).toEqual([])
  expect(orders).toHaveLength(ORDERS)

  codes.push(...(await Promise.all([0, 2, 4].map((i) => replicas[i]!.terminate()))))
  expect(codes).toEqual(Array(SERVICES.length).fill(0))
})
