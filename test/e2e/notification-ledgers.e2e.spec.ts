import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { allTold, idsOf, KINDS, keysOf, ledger, placeFor, prefer, redrive, simulate } from '../support/notifications.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** Each is told of one order, by SMS and by push. */
const CUSTOMERS = 24
const NOTIFICATIONS = CUSTOMERS * KINDS.length * 2
/** Told by mail: half of them have said so, which goes by a queue, the others have said nothing. */
const BY_MAIL = 12
const VICTIMS = ['notification', 'simulators', 'broker', 'postgres']

/** As many tries as it takes until a provider that was killed is there again: about 20 s. */
const TRIES = 8
const PATIENCE = { NOTIFICATION_TRIES: String(TRIES), NOTIFICATION_BACKOFF_MS: '250' }
/** Half of the faults and of the calls that are never answered were taken all the same. */
const FAULTY = { latencyMs: 50, faultRate: 0.2, timeoutRate: 0.03, throttlePerSecond: 8, retryAfterSeconds: 1 }
const CALM = { faultRate: 0, timeoutRate: 0 }

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem(undefined, PATIENCE)
  client = new Client(system.url)
})
afterAll(() => system?.stop())

const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`)
const numberOf = (n: number) => `+4916${String(n).padStart(8, '0')}`
const deviceOf = (customerId: string) => `device-${customerId}`

/** Resolves to the orders, by customer. */
const placeForAll = async (customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map(await Promise.all(customerIds.map(async (id) => [id, await placeFor(client, id)] as const)))

const takenInAll = async () => [...(await ledger(client, 'sms')), ...(await ledger(client, 'push'))]

test(`${NOTIFICATIONS} by SMS and push, providers that fail, and each process on the way killed: the ledgers have each once, and each row says sent`, {
  timeout: 420_000,
}, async () => {
  const told = numbered(CUSTOMERS, 'ledger')
  const [asked, silent] = [numbered(BY_MAIL / 2, 'asked'), numbered(BY_MAIL / 2, 'silent')]
  for (const [n, id] of told.entries()) {
    const addresses = { sms: numberOf(n), push: deviceOf(id) }
    await prefer(client, id, { addresses, channels: { default: ['sms', 'push'] } })
  }
  for (const id of asked) await prefer(client, id, { channels: { default: ['email'] } })
  await Promise.all([simulate(client, 'sms', FAULTY), simulate(client, 'push', FAULTY)])
  const placed = placeForAll([...told, ...asked, ...silent])

  const victims = VICTIMS.filter((name) => name !== 'broker' || system.bundledBroker)
  for (const [i, victim] of victims.entries()) {
    const some = ((i + 1) * NOTIFICATIONS) / (victims.length + 2)
    const isUnderWay = async () => {
      const taken = await takenInAll().catch(() => [])
      return taken.length >= some || undefined
    }
    await until(`${some} notifications before ${victim} is killed`, isUnderWay, { timeoutMs: 120_000 })
    expect((await takenInAll()).length, `taken before ${victim} is killed`).toBeLessThan(NOTIFICATIONS)
    await system.killAndAwaitRestart(victim)
  }
  await Promise.all([simulate(client, 'sms', CALM), simulate(client, 'push', CALM)])

  const orders = await placed
  const ids: string[] = []
  let triedAgain = 0
  for (const [n, id] of told.entries()) {
    const rows = await allTold(client, orders.get(id)!, KINDS.length * 2, 180_000)
    expect(rows.filter(({ status }) => status !== 'sent')).toEqual([])
    const by = (channel: string) => idsOf(rows.filter((row) => row.channel === channel))
    expect(keysOf(await ledger(client, 'sms', numberOf(n)))).toEqual(by('sms'))
    expect(keysOf(await ledger(client, 'push', deviceOf(id)))).toEqual(by('push'))
    ids.push(...idsOf(rows))
    triedAgain += rows.filter(({ tries }) => tries! > 1).length
  }
  expect(keysOf(await takenInAll())).toEqual(ids.sort())
  expect(ids).toHaveLength(NOTIFICATIONS)
  expect(triedAgain).toBeGreaterThan(0)

  // A mail may go again after a kill. All that is promised is that it says by its Message-ID which one it is.
  for (const id of [...asked, ...silent]) {
    const rows = await allTold(client, orders.get(id)!, KINDS.length, 180_000)
    expect(rows.filter(({ status, channel }) => status !== 'sent' || channel !== 'email')).toEqual([])
    const arrived = (await client.mails(`${id}@customers.example`)).map(({ messageId }) => messageId)
    expect(arrived.sort()).toEqual(idsOf(rows).map((each) => `<${each}@waybill.example>`))
  }
  const { suppressed } = await client.get<{ suppressed: number }>('/api/simulators/mailbox?limit=1')
  process.stdout.write(`${triedAgain} of ${NOTIFICATIONS} were tried again, ${suppressed} mails came again\n`)
})

test('what failed for good is redriven by hand, and the service killed meanwhile: taken once, and said to be sent', async () => {
  await prefer(client, 'yara', { addresses: { push: 'device-yara' }, channels: { default: ['push'] } })
  await simulate(client, 'push', { ...CALM, throttlePerSecond: 0, faultRate: 1 })
  const orderId = await placeFor(client, 'yara')
  for (const row of await allTold(client, orderId, KINDS.length, 180_000))
    expect(row).toMatchObject({ status: 'failed', tries: TRIES })
  await simulate(client, 'push', CALM)
  expect(await redrive(client)).toBe(KINDS.length)
  await system.killAndAwaitRestart('notification')
  const rows = await until('what failed to be sent', async () => {
    const now = await allTold(client, orderId, KINDS.length)
    return now.every(({ status }) => status === 'sent') ? now : undefined
  })
  expect(keysOf(await ledger(client, 'push', 'device-yara'))).toEqual(idsOf(rows))
  await until('nothing to be parked any more', async () => {
    const { items } = await client.get<{ items: object[] }>('/api/parked')
    return items.length === 0 || undefined
  })
})
