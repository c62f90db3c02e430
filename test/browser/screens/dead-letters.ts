import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import { kafkaOf } from '../../support/topic.ts'
import { until } from '../../support/until.ts'
import { becameMarkup, type ConsoleUnderTest, EVIL } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

interface Parked {
  readonly service: string
  readonly id: string
  readonly status: string
  readonly resolution?: string
  readonly messageId: string | null
  readonly failedAttempts: readonly object[]
}

/** Who reads `order.confirmed`, and so cannot read one that is broken. */
const READERS = ['notification', 'query'] as const

export const deadLetters = (at: ConsoleUnderTest): void => {
  const parked = async (messageId: string): Promise<readonly Parked[] | undefined> => {
    const { items } = await at.client.get<{ items: Parked[] }>('/api/parked?limit=500')
    const mine = items.filter((item) => item.messageId === messageId)
    return mine.length === READERS.length ? mine : undefined
  }
  const recordOf = ({ service, id }: Parked) => at.client.get<Parked>(`/api/parked/${service}/${id}`)

  test('what cannot be read is tried again, amended, given up and redriven', async () => {
    const { page } = at
    const { messageId, value } = await produceBroken(at)
    const found = await until('the broken message to be parked', () => parked(messageId))
    const [notifications, views] = READERS.map((name) => found.find(({ service }) => service === name)!)

    await page.goto('/dead-letters')
    await page
      .getByRole('navigation', { name: 'Kinds' })
      .getByRole('link', { name: /^notification/ })
      .click()
    await page.waitForURL(/service=notification/)
    await page.getByRole('table', { name: 'Dead letters' }).getByRole('link', { name: 'order.confirmed' }).click()
    await page.getByText('x-note').waitFor()
    await page.locator('pre', { hasText: 'onerror' }).first().waitFor()
    expect(await becameMarkup(page)).toBe(false)
    await expectUsable(page)

    const tried = (await recordOf(notifications!)).failedAttempts.length
    await page.getByRole('button', { name: 'Retry', exact: true }).click()
    await confirm(page, 'Retry', undefined)
    await until('it to be dead again', async () => {
      const { status, failedAttempts } = await recordOf(notifications!)
      return status === 'dead' && failedAttempts.length > tried ? true : undefined
    })

    await page.getByRole('button', { name: 'Amend', exact: true }).click()
    await page
      .getByRole('dialog')
      .getByLabel('Value')
      .fill(JSON.stringify(JSON.parse(value), null, 2))
    await confirm(page, 'Amend and handle', 'the end of it was missing')
    await until('it to be handled', async () =>
      (await recordOf(notifications!)).resolution === 'handled' ? true : undefined,
    )
    await page.reload()
    await page.getByText('handled', { exact: true }).first().waitFor()

    await page.goto('/dead-letters?service=query')
    await page.getByRole('button', { name: 'Redrive …' }).click()
    await page.getByRole('dialog').getByText('with service query').waitFor()
    await confirm(page, 'Redrive', 'to see whether it works now')
    await page.locator('.card', { hasText: 'to see whether it works now' }).getByText('completed').waitFor()
    await expectUsable(page)
    expect(await recordOf(views!)).toMatchObject({ status: 'dead' })

    await page.goto(`/dead-letters?service=query&record=query/${views!.id}`)
    await page.getByRole('button', { name: 'Discard', exact: true }).click()
    await page.getByText('It will never be handled').waitFor()
    await confirm(page, 'Discard', 'it is amended elsewhere')
    await until('it to be given up', async () =>
      (await recordOf(views!)).resolution === 'discarded' ? true : undefined,
    )
    expect(at.complaints).toEqual([])
  })
}

const confirm = async (page: Page, verb: string, why: string | undefined): Promise<void> => {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Who you are').fill('browser-ann')
  if (why !== undefined) await dialog.getByLabel('Why').fill(why)
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
}

interface Said {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly subject: string
  readonly time: string
  readonly key: string
  readonly dataVersion: number
  readonly correlationId: string
  readonly causationId: string
  readonly data: object
}

/** Says again that an order was confirmed, under another id, with half of its data and a header full of markup. */
const produceBroken = async ({ client, system }: ConsoleUnderTest): Promise<{ messageId: string; value: string }> => {
  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }))
  await client.terminal(orderId)
  const { items } = await client.get<{ items: Said[] }>(`/api/orders/${orderId}/messages`)
  const said = items.find(({ type }) => type === 'order.confirmed')!
  const [messageId, value] = [randomUUID(), JSON.stringify(said.data)]
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: messageId, ce_type: said.type, ce_source: said.source },
    ...{ ce_subject: said.subject, ce_time: said.time, ce_dataversion: String(said.dataVersion) },
    ...{ correlationid: said.correlationId, causationid: said.causationId, 'x-note': EVIL },
  }
  const producer = kafkaOf(system.brokers).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ key: said.key, value: value.slice(0, -5), headers }] })
  await producer.disconnect()
  return { messageId, value }
}
