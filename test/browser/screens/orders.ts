import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { orderOf, shippingAddress } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import { becameMarkup, type ConsoleUnderTest, EVIL, EVIL_SKU } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

const MUG = 'MUG-WHITE-330'
/** That a customer gets of an order that completes. */
const MAILS = 3

interface Message {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly causationId?: string
}

export const orders = (at: ConsoleUnderTest): void => {
  test('an order is placed, sent twice and followed live to its end, then looked at as it was', async () => {
    const { page, client } = at
    const customer = `browser-${Date.now()}`
    await page.goto('/orders')
    await page.getByRole('button', { name: 'Place an order' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Customer').fill(customer)
    await dialog.getByText('The same request for a shell').click()
    expect(await dialog.locator('pre').textContent()).toContain(`"customerId":"${customer}"`)
    await dialog.getByRole('button', { name: 'Place', exact: true }).click()
    await dialog.getByText('Placed as').waitFor()
    await dialog.getByRole('button', { name: 'Send it again' }).click()
    await dialog.getByText('it is one order').waitFor()
    const { items } = await client.get<{ items: unknown[] }>(`/api/orders?customerId=${customer}`)
    expect(items.length, 'orders of two requests').toBeLessThanOrEqual(1)

    await dialog.getByRole('link').click()
    await page.locator('.page-actions').getByText('completed').waitFor({ timeout: 60_000 })
    const diagram = page.getByRole('group', { name: 'Sequence of messages' })
    await diagram.getByText('order.completed, from order').waitFor({ state: 'attached' })
    const orderId = page.url().split('/').at(-1)!
    const { items: messages } = await client.get<{ items: Message[] }>(`/api/orders/${orderId}/messages`)
    expect(messages.map(({ type }) => type)).toContain('order.completed')
    await expectUsable(page)

    // Payment and stock answer in either order: the later one is what the capture follows from.
    const capture = messages.find(({ type }) => type === 'payment.capture')
    const cause = messages.find(({ id }) => id === capture?.causationId)!
    await diagram.getByRole('button', { name: `${cause.type}, from ${cause.source.replace('/waybill/', '')}` }).click()
    await page.getByRole('heading', { name: cause.type }).waitFor()
    await page.getByRole('button', { name: 'payment.capture', exact: true }).click()
    await page.getByRole('heading', { name: 'payment.capture' }).waitFor()
    expect(decodeURIComponent(page.url())).toContain('record=payment-commands/')

    await dragToTheBeginning(page)
    await page.getByText('As it was at version 1').waitFor()
    await page.locator('.facts-row').getByText('placed', { exact: true }).waitFor()
    // Its saga stands where it stood then, and nobody can ask anything of what is over.
    await page.locator('.saga').getByText('still to come').first().waitFor()
    expect(await page.locator('.saga').getByRole('button').count()).toBe(0)
    await expectUsable(page)
    const then = await at.open()
    await then.page.goto(page.url())
    await then.page.getByText('As it was at version 1').waitFor()
    await then.page.context().close()
    await page.getByRole('button', { name: 'Now' }).click()
    await page.locator('.facts-row').getByText('completed', { exact: true }).waitFor()
    expect(at.complaints).toEqual([])
  })

  test('the end of an order is seen although the read model is behind the last that is heard of it', async () => {
    const { page, client } = at
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }, { customerId: `behind-${Date.now()}` }))
    const before = await client.get<object>(`/api/orders/${orderId}`)
    let isBehind = true
    await page.route(`**/api/orders/${orderId}`, (route) =>
      isBehind ? route.fulfill({ json: { ...before, status: 'placed' } }) : route.continue(),
    )
    await page.goto(`/orders/${orderId}`)
    await client.terminal(orderId)
    const lastHeardOf = page.getByRole('group', { name: 'Sequence of messages' }).getByText('notification.sent, from')
    await lastHeardOf.nth(MAILS - 1).waitFor({ state: 'attached', timeout: 60_000 })
    await page.locator('.page-actions').getByText('placed').waitFor()
    isBehind = false
    await page.locator('.page-actions').getByText('completed').waitFor({ timeout: 60_000 })
  })

  test('orders are found by customer and status, in an address that can be sent', async () => {
    const { page, client } = at
    const customerId = `found-${Date.now()}`
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }, { customerId, token: 'tok_declined' }))
    await client.terminal(orderId)
    await page.goto('/orders')
    await page.getByLabel('Customer or order id').fill(customerId)
    await page.keyboard.press('Enter')
    await page.waitForURL(/customer=found-/)
    await page.getByLabel('Status').selectOption('rejected')
    await page.waitForURL(/status=rejected/)
    const row = page.getByRole('table', { name: 'Orders' }).getByRole('link', { name: orderId })
    await row.waitFor()
    await page.reload()
    await row.focus()
    await expectUsable(page)
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`/orders/${orderId}$`))
    await page.getByText('payment.declined, from payment').waitFor({ state: 'attached' })
  })

  test('names, addresses and data are shown as what they are, and never become a part of the page', async () => {
    const { page, client } = at
    const customerId = `evil-${Date.now()}`
    const order = {
      ...orderOf({ [EVIL_SKU]: 1 }, { customerId }),
      shippingAddress: { ...shippingAddress, line1: EVIL },
    }
    const orderId = await client.placeSurely(order)
    await page.goto('/orders')
    await page.getByRole('button', { name: 'Place an order' }).click()
    await page.getByRole('dialog').getByLabel('Product').selectOption(EVIL_SKU)
    expect(await page.getByRole('dialog').getByLabel('Product').locator(':checked').textContent()).toContain(EVIL)
    await page.goto(`/orders/${orderId}`)
    await page.locator('.facts-row').getByText(`1 × Mug ${EVIL}`).waitFor()
    await page.getByRole('button', { name: 'order.placed, from order' }).click()
    await page.locator('pre').getByText('onerror').first().waitFor()
    expect(await becameMarkup(page)).toBe(false)
    expect(at.complaints).toEqual([])
  })

  test('a page goes on by itself after the gateway was killed, and there is no screen where there is none', async () => {
    const { page, client, system } = at
    const customerId = `after-${randomUUID().slice(0, 8)}`
    await page.goto(`/orders?customer=${customerId}`)
    await page.getByText('No order matches').waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    await system.killAndAwaitRestart('console')
    await until('the gateway to answer', () => client.get('/api/catalogue').catch(() => undefined))
    const orderId = await client.placeSurely(orderOf({ [MUG]: 1 }, { customerId }))
    await page.getByRole('link', { name: orderId }).waitFor({ timeout: 60_000 })
    await page.goto('/nowhere')
    await page.getByText('There is no screen at this address').waitFor()
  })
}

/** With the mouse, from where it stands, the last version, all the way to the left. */
const dragToTheBeginning = async (page: Page): Promise<void> => {
  const slider = page.getByLabel('As of version')
  await slider.scrollIntoViewIfNeeded()
  const { x, y, width, height } = (await slider.boundingBox())!
  await page.mouse.move(x + width - height / 2, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 })
  await page.mouse.move(x + 1, y + height / 2, { steps: 4 })
  await page.mouse.up()
}
