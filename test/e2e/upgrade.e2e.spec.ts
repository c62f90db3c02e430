import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../scripts/root.ts'
import { Client, orderOf } from '../support/client.ts'
import { type StockLevels, violations } from '../support/oracle.ts'
import { wrongHistories } from '../support/stock-history.ts'
import { restoreDataFolder } from '../support/stored-data-folder.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** See test/fixtures/README.md. */
const STORED = join(ROOT, 'test/fixtures/data-folder-bd44f0c.json.br')
const COMPLETED = 'ae0e8d2a-88a8-44c0-893e-f7bdd7d8e061'
const REJECTED = '1748e1e1-4f72-402b-80a5-f097ae02186b'
const CANCELLED = '01569477-b5fb-4f50-8423-02f1deed495b'
const BOOKED = '14207bf2-0220-4122-a113-97895797de5b'
const UNPAID = '1e55b374-3a5a-47d8-9164-6307a105e99d'
const ALL = [COMPLETED, REJECTED, CANCELLED, BOOKED, UNPAID]
const SKU = 'MUG-WHITE-330'
/** Delivered to the warehouse by hand, in that version. */
const RECEIVED = 5

const addressOfToday = { givenName: 'Ada Maria', familyName: 'Lindqvist', line1: 'Storgatan 1', country: 'SE' }

let folder: string
let system: RunningSystem
let client: Client

/** The bundled broker's files are a part of the folder. */
describe.runIf(process.env.KAFKA_BROKERS === undefined)('on the data folder of an earlier version', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-upgrade-'))
    await restoreDataFolder(STORED, folder)
    system = await startSystem(folder)
    client = new Client(system.url)
  })
  afterAll(async () => {
    await system?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('its orders are there, and what is stored of them is read as it is written today', async () => {
    for (const [orderId, status] of [
      [COMPLETED, 'completed'],
      [REJECTED, 'rejected'],
      [CANCELLED, 'cancelled'],
    ] as const) {
      expect(await client.order(orderId), orderId).toMatchObject({ orderId, status })
      expect(await client.get(`/api/orders/${orderId}?asOf=1`), orderId).toMatchObject({ status: 'placed' })
      const { items } = await client.get<{ items: { dataVersion: number; data: object }[] }>(
        `/api/orders/${orderId}/events`,
      )
      expect(items[0]).toMatchObject({ dataVersion: 1, data: { shippingAddress: addressOfToday } })
      expect(await client.get(`/api/orders/${orderId}/saga`), orderId).toMatchObject({
        state: status === 'completed' ? 'completed' : 'compensated',
      })
      const messages = await client.get<{ items: { type: string }[] }>(`/api/orders/${orderId}/messages`)
      expect(messages.items.map(({ type }) => type)).toContain('order.placed')
    }
  })

  test('read models that it did not have are made of what it published', async () => {
    const history = await until('the history of the customer', async () => {
      const { items } = await client.get<{ items: { orderId: string; status: string }[] }>(
        '/api/customers/cust-0001/history',
      )
      return items.some(({ orderId }) => orderId === COMPLETED) ? items : undefined
    })
    expect(history.find(({ orderId }) => orderId === COMPLETED)).toMatchObject({ status: 'completed' })
  })

  test('the levels that it left are counted as the first event of each product', async () => {
    const { items } = await client.get<{ items: object[] }>('/api/stock/BOWL-SOUP-18/movements')
    expect(items).toMatchObject([{ kind: 'count', version: 1 }])
    expect(await wrongHistories(client)).toEqual([])
  })

  test('orders that it had not finished go on to their ends, new ones complete, and old ones can be returned', async () => {
    const placed = await client.placeSurely(orderOf({ [SKU]: 2 }, { customerId: 'cust-0005' }))
    expect(await client.terminal(placed)).toMatchObject({ status: 'completed' })
    expect(await client.terminal(BOOKED)).toMatchObject({ status: 'completed' })
    expect(await client.terminal(UNPAID)).toMatchObject({ status: 'completed' })

    const back = { items: [{ sku: SKU, quantity: 1 }], reason: 'too small' }
    const key = { 'idempotency-key': 'a return after an upgrade' }
    const { status, body } = await client.call<{ returnId: string }>(
      'POST',
      `/api/orders/${COMPLETED}/returns`,
      back,
      key,
    )
    expect(status).toBe(202)
    await until('the return to end', async () => {
      const { status } = await client.get<{ status: string }>(`/api/orders/${COMPLETED}/returns/${body.returnId}`)
      return status === 'completed' || undefined
    })

    const orders = await Promise.all([...ALL, placed].map((orderId) => client.order(orderId)))
    expect(await violations(client, orders, await delivered())).toEqual([])
  })
})

/** What there was before anything was ordered. */
const delivered = async (): Promise<StockLevels> => {
  const products = JSON.parse(await readFile(join(ROOT, 'data/products.json'), 'utf8')) as {
    sku: string
    stock: number
  }[]
  return new Map(products.map(({ sku, stock }) => [sku, { onHand: stock + (sku === SKU ? RECEIVED : 0), reserved: 0 }]))
}
