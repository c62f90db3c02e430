import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { stockLevels, violations } from '../support/oracle.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

/**
 * Shell commands that kill one node of the Kafka cluster in KAFKA_BROKERS, and bring it back. Without them there is
 * nothing to do here: the bundled broker is one node, and `kill.e2e.spec.ts` kills that.
 */
const { KAFKA_KILL_NODE: kill, KAFKA_RESTART_NODE: restart } = process.env
const ORDERS = 150

let system: RunningSystem
let client: Client
beforeAll(async () => {
  if (!kill || !restart) return
  system = await startSystem()
  client = new Client(system.url)
}, 120_000)
afterAll(() => system?.stop())

test.skipIf(!kill || !restart)(
  'one node of the Kafka cluster is killed under orders and comes back: nothing lost',
  {
    timeout: 600_000,
  },
  async () => {
    const run = promisify(exec)
    const before = await stockLevels(client)
    const planned = await plan(client, ORDERS, everyday, seeded(3))
    const placed: string[] = []
    let commands = Promise.resolve()
    await inParallel(planned, 6, async ({ request, cancel }, index) => {
      const command = index === ORDERS / 3 ? kill : index === (2 * ORDERS) / 3 ? restart : undefined
      if (command) commands = commands.then(async () => void (await run(command)))
      const orderId = await client.placeSurely(request)
      placed.push(orderId)
      if (cancel) await client.cancelSurely(orderId)
    })
    await commands
    await Promise.all(placed.map((orderId) => client.terminal(orderId, 180_000)))
    const orders = await Promise.all(placed.map((orderId) => client.order(orderId)))
    expect(new Set(placed).size).toBe(ORDERS)
    expect(await violations(client, orders, before)).toEqual([])
  },
)
