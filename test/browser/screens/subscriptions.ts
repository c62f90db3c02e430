import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startReceiver } from '../../../apps/notification/src/subscriptions/receiver.fixture.ts'
import { type Client, orderOf } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { confirmAs } from '../operator.ts'
import { expectUsable } from '../pages.ts'

export const subscriptions = (at: ConsoleUnderTest): void => {
  test('somebody subscribes after a try of the filter, is told, told again, and switched off and on', async () => {
    const { page, client } = at
    await using receiver = await startReceiver()
    await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }))
    await page.goto('/subscriptions')
    await page.getByRole('button', { name: 'Subscribe …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Types/).fill('order.*')
    await dialog.getByLabel(/^Conditions/).fill('/total/amount >=')
    await dialog.getByText('is no condition').waitFor()
    await dialog.getByLabel(/^Conditions/).fill('/total/amount >= 1')
    await dialog.getByRole('button', { name: 'Try it on the newest messages' }).click()
    await dialog.getByText(/^[1-9]\d* of the newest \d+ messages are meant/).waitFor()
    await dialog.getByLabel('URL').fill(receiver.url)
    await expectUsable(page)
    await confirmAs(page, 'browser-ann', 'Subscribe', 'to see it')

    await page.getByRole('link', { name: receiver.url }).click()
    await page.waitForURL(/subscription=/)
    const table = page.getByRole('table', { name: 'Deliveries' })
    await page.locator('.facts').getByText('active').waitFor()
    await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }))
    await table.getByText('order.placed').first().waitFor()
    await page.getByRole('button', { name: 'Show the secret' }).click()
    await page.getByText(/^whsec_/).waitFor()
    await expectUsable(page)

    const placed = () => receiver.received.filter(({ body }) => body.type === 'order.placed')
    await expect.poll(() => placed().length).toBe(1)
    await table
      .getByRole('row', { name: /order\.placed/ })
      .getByRole('button', { name: 'Repeat' })
      .click()
    await confirmAs(page, 'browser-ann', 'Repeat')
    await expect.poll(() => placed().length, { timeout: 10_000 }).toBe(2)
    expect(new Set(placed().map(({ webhookId }) => webhookId)).size).toBe(1)

    await page.getByRole('button', { name: 'Switch off' }).click()
    await confirmAs(page, 'browser-ann', 'Switch off')
    await page.locator('.facts').getByText('off', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Switch on' }).click()
    await confirmAs(page, 'browser-ann', 'Switch on')
    await page.locator('.facts').getByText('active').waitFor()
    await page.getByRole('button', { name: 'Remove' }).click()
    await confirmAs(page, 'browser-ann', 'Remove')
    await page.getByText('There is no such subscription').waitFor()
    expect(at.complaints).toEqual([])
  })

  test('whoever is mailed the question says yes on a page of its own, and what follows links does not', async () => {
    const { page, client } = at
    const address = 'reader@example.com'
    const { subscriptionId } = await subscribeByMail(client, address)
    const link = await until('the mail', async () => {
      const [mail] = await client.mails(address)
      return /http\S+#\S+/.exec(mail?.text ?? '')?.[0]
    })
    const state = async () => (await client.get<{ state: string }>(`/api/subscriptions/${subscriptionId}`)).state
    await page.goto(link)
    await page.getByRole('heading', { name: 'Confirm your address' }).waitFor()
    expect(await state()).toBe('confirming')
    await page.getByRole('button', { name: 'Yes, send them' }).click()
    await page.getByText('Confirmed.').waitFor()
    expect(await state()).toBe('active')
    expect(at.complaints).toEqual([])
  })
}

const subscribeByMail = async (client: Client, address: string): Promise<{ subscriptionId: string }> => {
  const request = { filter: { types: ['subscription.#'] }, deliver: { to: 'email', address } }
  const { body } = await client.call<{ subscriptionId: string }>('POST', '/api/subscriptions', request, {
    'idempotency-key': randomUUID(),
  })
  return body
}
