import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import { kafkaOf } from '../../support/topic.ts'
import { until } from '../../support/until.ts'
import { becameMarkup, type ConsoleUnderTest, EVIL } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

const MUG = 'MUG-WHITE-330'

export const topics = (at: ConsoleUnderTest): void => {
  test('a topic shows its partitions as Kafka has them', async () => {
    const { page, client } = at
    await page.goto('/')
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Topics' }).click()
    await page.getByRole('table', { name: 'Topics' }).getByRole('link', { name: 'orders', exact: true }).click()
    await page.waitForURL(/topic=orders/)
    const partitions = page.getByRole('table', { name: 'Partitions of orders' })
    await partitions.waitFor()
    const { items } = await client.get<{ items: { name: string; partitions: unknown[] }[] }>('/api/topics')
    const orders = items.find(({ name }) => name === 'orders')!
    expect(await partitions.getByRole('row').count()).toBe(orders.partitions.length + 1)
    await page.locator('.settings').getByText('retention.ms', { exact: true }).first().waitFor()
    expect(at.complaints).toEqual([])
  })

  test('a message is found by key and header, and leads to its cause, its effects and its order', async () => {
    const { page, client } = at
    const customerId = `topics-${Date.now()}`
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }, { customerId }))
    await client.terminal(orderId)
    await page.goto('/topics?topic=payments')
    await page.getByLabel('Key').fill(customerId)
    await page.getByLabel('Header').fill('ce_type:payment.captured')
    await page.keyboard.press('Enter')
    await page.waitForURL(/header=/)
    const rows = page.getByRole('table', { name: 'Messages of payments' })
    await page.getByText('1 found among').waitFor()
    await rows.getByRole('link').click()
    const message = page.locator('.message')
    await message.getByText(customerId, { exact: true }).waitFor()
    await message.getByText('1, the newest').waitFor()
    await expectUsable(page)
    await message.getByRole('link', { name: 'payment.capture', exact: true }).click()
    await page.waitForURL(/topic=payment-commands/)
    await page.getByRole('heading', { name: 'payment.capture' }).waitFor()
    await message.getByRole('link', { name: 'payment.captured', exact: true }).click()
    await page.getByRole('heading', { name: 'payment.captured' }).waitFor()
    await message.getByRole('link', { name: orderId }).click()
    await page.waitForURL(new RegExp(`/orders/${orderId}`))
    await page.getByRole('heading', { name: 'payment.captured' }).waitFor()
    expect(at.complaints).toEqual([])
  })

  test('what is published comes in while it is followed, in the version it was written in, and never as markup', async () => {
    const { page } = at
    const key = `live-${Date.now()}`
    await page.goto(`/topics?topic=orders&key=${key}`)
    await page.getByText('Nothing that is meant was found').waitFor()
    await page.getByRole('link', { name: 'Follow live' }).click()
    await page.locator('.live-line').getByText('live', { exact: true }).waitFor()
    await produceOldVersion(at, key)
    await page.locator('.live-line').getByText('1', { exact: true }).waitFor()
    await page.getByRole('table', { name: 'Messages of orders' }).getByRole('link').click()
    await page.getByText('as it was written in version 1').waitFor()
    await page.locator('pre', { hasText: '"familyName": "Lindqvist"' }).waitFor()
    await page
      .locator('pre', { hasText: EVIL.replaceAll('"', '\\"') })
      .first()
      .waitFor()
    expect(await becameMarkup(page)).toBe(false)
    await expectUsable(page)
    await page.getByRole('link', { name: 'Stop' }).click()
    await page.getByText('1 found among').waitFor()
    expect(at.complaints).toEqual([])
  })

  test('from an offset and from a time on the oldest come first', async () => {
    const { page, client } = at
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }))
    await client.terminal(orderId)
    const { items } = await client.get<{ items: Placed[] }>(`/api/orders/${orderId}/messages`)
    const placed = items.find(({ type }) => type === 'order.placed')!
    await page.goto('/topics?topic=orders')
    await page.getByLabel('Begin at').selectOption('an offset')
    await page
      .locator('.message-filters')
      .getByLabel(/^Partition/)
      .selectOption(String(placed.partition))
    await page.getByLabel('Offset', { exact: true }).fill(String(placed.offset))
    await page.getByRole('button', { name: 'Look', exact: true }).click()
    await page.waitForURL(/from=/)
    expect(await firstPlace(page)).toBe(`${placed.partition} / ${placed.offset}`)
    await page.getByLabel('Begin at').selectOption('a time')
    await page.getByLabel('Time', { exact: true }).fill('2030-01-01T00:00')
    await page.getByRole('button', { name: 'Look', exact: true }).click()
    await page.waitForURL(/at=2029-12-31T23/)
    await page.getByText('Nothing that is meant was found').waitFor()
    expect(at.complaints).toEqual([])
  })

  test('a copy of a message is produced as a test, after a warning, and whoever consumes it takes it as one', async () => {
    const { page, client } = at
    const customerId = `produce-${Date.now()}`
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }, { customerId }))
    await client.terminal(orderId)
    await page.goto(`/topics?topic=orders&key=${customerId}`)
    const rows = page.getByRole('table', { name: 'Messages of orders' }).getByRole('link')
    await rows.first().click()
    await page.getByRole('heading', { name: 'order.completed' }).waitFor()
    const before = await rows.count()
    await page.getByRole('button', { name: 'Produce a copy …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('This is no rehearsal').waitFor()
    await dialog.getByLabel('Value').fill('{"half')
    await dialog.getByText('This is no JSON').waitFor()
    await dialog.getByLabel('Who you are').fill('browser-ann')
    await dialog.getByLabel('Why').fill('to see a dead letter')
    await expectUsable(page)
    await dialog.getByRole('button', { name: 'Produce', exact: true }).click()
    expect(
      await dialog
        .getByRole('checkbox')
        .evaluate((box) => (box as never as { validity: { valid: boolean } }).validity.valid),
    ).toBe(false)
    await dialog.getByRole('checkbox').check()
    await dialog.getByRole('button', { name: 'Produce', exact: true }).click()
    await page.getByText('Consumers cannot read it, and will park it').waitFor()
    await until('it to be there', async () => {
      await page.getByRole('button', { name: 'Look again' }).click()
      return (await rows.count()) > before || undefined
    })
    await rows.first().click()
    await page.locator('pre', { hasText: '"testmessage": "operator:browser-ann"' }).waitFor()
    const parked = await until('it to be parked', async () => {
      const { items } = await client.get<{ items: { key: string | null }[] }>('/api/parked?topic=orders&limit=500')
      return items.find(({ key }) => key === customerId)
    })
    expect(parked).toMatchObject({ reason: 'invalid_json', status: 'dead' })
    const { items } = await client.get<{ items: object[] }>('/api/audit?target=topic/orders')
    expect(items[0]).toMatchObject({ action: 'message.produce', reason: 'to see a dead letter', outcome: 'done' })
    expect(at.complaints).toEqual([])
  })
}

interface Placed {
  readonly type: string
  readonly partition: number
  readonly offset: number
}

const firstPlace = (page: Page): Promise<string | null> =>
  page.getByRole('table', { name: 'Messages of orders' }).getByRole('link').first().textContent()

/** An order as the first version of its contract had it; about nobody's order, and so of no consequence. */
const produceOldVersion = async ({ system }: ConsoleUnderTest, key: string): Promise<void> => {
  const [id, price] = [randomUUID(), { amount: 500, currency: 'EUR' }]
  const headers = {
    ...{ ce_id: id, ce_type: 'order.placed', ce_source: '/waybill/order', ce_subject: id, ce_dataversion: '1' },
    ...{ ce_time: new Date().toISOString(), correlationid: id, causationid: id, 'x-note': EVIL },
  }
  const value = {
    ...{ orderId: id, customerId: key, total: price, coordination: 'orchestrated', payment: { token: '****' } },
    items: [{ sku: MUG, name: 'Mug', quantity: 1, unitPrice: price, lineTotal: price }],
    shippingAddress: { name: 'Ada Lindqvist', line1: EVIL, city: 'Umea', postalCode: '90326', country: 'SE' },
  }
  const producer = kafkaOf(system.brokers).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ key, value: JSON.stringify(value), headers }] })
  await producer.disconnect()
}
