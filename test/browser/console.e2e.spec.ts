import { randomUUID } from 'node:crypto'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Client, orderOf, shippingAddress } from '../support/client.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { chromiumProgram } from './chromium.ts'
import { expectUsable, openPage } from './pages.ts'

const executablePath = chromiumProgram()
const MUG = 'MUG-WHITE-330'

describe.skipIf(executablePath === undefined)('the web console', () => {
  let system: RunningSystem
  let client: Client
  let browser: Browser
  let page: Page
  let complaints: string[]
  beforeAll(async () => {
    const launching = chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    system = await startSystem()
    client = new Client(system.url)
    browser = await launching
  })
  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })
  beforeEach(async () => {
    const opened = await openPage(browser, system.url)
    page = opened.page
    complaints = opened.complaints
  })
  afterEach(() => page?.context().close())

  test('an order is placed, sent twice and followed live to its end, then looked at as it was', async () => {
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
    const { messages } = {
      messages: await client.get<{ items: { type: string }[] }>(`/api/orders/${orderId}/messages`),
    }
    expect(messages.items.map(({ type }) => type)).toContain('order.completed')
    await expectUsable(page)

    await diagram.getByRole('button', { name: 'payment.authorized, from payment' }).click()
    await page.getByRole('heading', { name: 'payment.authorized' }).waitFor()
    await page.getByRole('button', { name: 'payment.capture', exact: true }).click()
    await page.getByRole('heading', { name: 'payment.capture' }).waitFor()
    expect(decodeURIComponent(page.url())).toContain('record=payment-commands/')

    await page.getByLabel('As of version').fill('1')
    await page.getByText('As it was at version 1').waitFor()
    await page.locator('.facts-row').getByText('placed', { exact: true }).waitFor()
    const then = await openPage(browser, system.url)
    await then.page.goto(page.url())
    await then.page.getByText('As it was at version 1').waitFor()
    await then.page.context().close()
    expect(complaints).toEqual([])
  })

  test('orders are found by customer and status, in an address that can be sent', async () => {
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

  test('values are shown as what they are, and never become a part of the page', async () => {
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
    const customerId = `evil-${Date.now()}`
    const order = { ...orderOf({ [MUG]: 1 }, { customerId }), shippingAddress: { ...shippingAddress, line1: evil } }
    const { body } = await client.place<{ orderId: string }>(order)
    await page.goto(`/orders/${body.orderId}`)
    await page.getByRole('button', { name: 'order.placed, from order' }).click()
    await page.locator('pre').getByText('onerror').first().waitFor()
    expect(await page.evaluate('[document.querySelectorAll("main img, main script").length, window.pwned]')).toEqual([
      0,
      undefined,
    ])
  })

  test('a page goes on by itself after the gateway was killed, and there is no screen where there is none', async () => {
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

  test('the overview shows what flows, and a sample order leads to its page', async () => {
    await page.goto('/')
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByText('payment ok').waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'One', exact: true }).click()
    await page.getByText('1 placed').waitFor()
    await page.locator('.figure', { hasText: 'Completed in the last minute' }).getByText('1', { exact: true }).waitFor()
    await expectUsable(page)
    await page.getByRole('link', { name: 'follow the newest' }).click()
    await page.locator('.page-actions').getByText('completed').waitFor()
    expect(complaints).toEqual([])
  })
})
