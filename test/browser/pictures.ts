import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ROOT } from '../../scripts/root.ts'
import { Client, orderOf } from '../support/client.ts'
import { startSystem } from '../support/system.ts'
import { chromiumProgram } from './chromium.ts'
import { record } from './recording.ts'

/**
 * Makes the pictures of README.md anew, into docs/pictures, from a system of its own: `npm run screenshots`.
 */

const FOLDER = join(ROOT, 'docs/pictures')
const MOST_BYTES = 3_000_000
const STILL = { width: 1_440, height: 1_000 }
const FILM = { width: 1_280, height: 800 }
const SKUS = ['MUG-WHITE-330', 'MUG-BLACK-330', 'CHOCO-DARK-100']
const TOKENS = ['tok_ok', 'tok_ok', 'tok_ok', 'tok_ok', 'tok_declined']
const ORDERS = 60
/** That a customer gets of an order that completes. */
const MAILS = 3
/** Between two of them, so that there is something to be seen per second. */
const EVERY_MS = 250
/** For somebody who watches: between two things that are done. */
const BEAT_MS = 1_200

const main = async (): Promise<void> => {
  const executablePath = chromiumProgram()
  if (executablePath === undefined) throw new Error('there is no Chromium to take pictures with')
  await mkdir(FOLDER, { recursive: true })
  const system = await startSystem()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const client = new Client(system.url)
    await overview(await pageIn(browser, system.url, STILL), client)
    await anOrder(await pageIn(browser, system.url, STILL), client)
    const page = await pageIn(browser, system.url, FILM)
    await write('order.webm', await record(browser, page, () => placeAndFollow(page)))
  } finally {
    await browser.close()
    await system.stop()
  }
}

const pageIn = async (browser: Browser, baseURL: string, viewport: typeof FILM): Promise<Page> =>
  (await browser.newContext({ baseURL, viewport, locale: 'en-GB' })).newPage()

/** What flows through the system while orders arrive. */
const overview = async (page: Page, client: Client): Promise<void> => {
  await page.goto('/')
  await page.getByText('live', { exact: true }).waitFor()
  for (let n = 0; n < ORDERS; n++) {
    const customerId = `cust-${String((n % 9) + 1).padStart(4, '0')}`
    await client.placeSurely(
      orderOf({ [SKUS[n % SKUS.length]!]: 1 }, { customerId, token: TOKENS[n % TOKENS.length]! }),
    )
    await pause(EVERY_MS)
  }
  await write('overview.png', await page.screenshot())
  await page.context().close()
}

/** One order, with everything that was said about it. */
const anOrder = async (page: Page, client: Client): Promise<void> => {
  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 2 }, { customerId: 'cust-0001' }))
  await client.terminal(orderId)
  await page.goto(`/orders/${orderId}`)
  await everythingSaid(page)
  // Arrows appear slowly.
  await pause(BEAT_MS)
  await write('order.png', await page.screenshot())
  await page.context().close()
}

/** An order from the form to its end, then as it was in the beginning, and where its time went. */
const placeAndFollow = async (page: Page): Promise<void> => {
  await page.goto('/orders')
  await page.getByRole('button', { name: 'Place an order' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Customer').fill('cust-0001')
  await pause(BEAT_MS)
  await dialog.getByRole('button', { name: 'Place', exact: true }).click()
  await dialog.getByText('Placed as').waitFor()
  await pause(BEAT_MS)
  await dialog.getByRole('link').click()
  await page.locator('.page-actions').getByText('completed').waitFor()
  await everythingSaid(page)
  await pause(BEAT_MS)
  await page.getByRole('button', { name: 'payment.captured, from payment' }).click()
  await pause(BEAT_MS)
  await page.mouse.move(FILM.width / 2, FILM.height / 2)
  for (let n = 0; n < 10; n++) {
    await page.mouse.wheel(0, 120)
    await pause(BEAT_MS / 10)
  }
  const slider = page.getByLabel('As of version')
  await slider.scrollIntoViewIfNeeded()
  for (let version = Number(await slider.getAttribute('max')) - 1; version >= 1; version--) {
    await slider.fill(String(version))
    await pause(BEAT_MS / 2)
  }
  await pause(BEAT_MS)
  await page.locator('.page-actions').getByRole('link', { name: 'Traces' }).click()
  await page.getByRole('link', { name: 'POST /api/orders' }).click()
  await page.getByRole('button', { name: 'handle order.placed analytics' }).waitFor()
  await pause(2 * BEAT_MS)
}

/** Until the last of the customer's mails was sent, which comes after the order's end. */
const everythingSaid = (page: Page): Promise<void> =>
  page
    .getByText('notification.sent, from notification')
    .nth(MAILS - 1)
    .waitFor({ state: 'attached' })

const write = async (name: string, bytes: Buffer): Promise<void> => {
  if (bytes.length > MOST_BYTES) throw new Error(`${name} has ${bytes.length} bytes, which is too much for a README`)
  const file = join(FOLDER, name)
  await writeFile(file, bytes)
  process.stdout.write(`${file}: ${Math.round(bytes.length / 1024)} KiB\n`)
}

await main()
