import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { ROOT } from '../../scripts/root.ts'
import { Client } from '../support/client.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { issuerAt } from './gateway-with-login.ts'
import { type OpenPage, openPage } from './pages.ts'

/** Runs if anything ever makes markup of it. */
export const EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
/** What its product is sold as. */
export const EVIL_SKU = 'EVIL-NAME-1'

/** A running system, a browser, and in it a page for each test. What is read of it holds while a test runs. */
export interface ConsoleUnderTest {
  readonly system: RunningSystem
  readonly client: Client
  readonly page: Page
  /** Of the test's page, see `OpenPage`. */
  readonly complaints: readonly string[]
  /** Where a gateway with a login may listen: the issuer among the simulators is that of this port. */
  readonly loginPort: number
  /** One more page of its own, e.g. to see an address as somebody who was sent it, or at another gateway. */
  open(url?: string): Promise<OpenPage>
}

/** One system and one browser for everything that is tested in the surrounding `describe`. */
export const consoleUnderTest = (executablePath: string | undefined): ConsoleUnderTest => {
  const at = {} as { -readonly [Name in keyof ConsoleUnderTest]: ConsoleUnderTest[Name] }
  let browser: Browser
  let products: string
  beforeAll(async () => {
    const launching = chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    products = await mkdtemp(join(tmpdir(), 'waybill-products-'))
    const [loginPort] = (await freePorts(1)) as [number]
    at.loginPort = loginPort
    at.system = await startSystem(undefined, {
      ...{ PRODUCTS_FILE: await withEvilProduct(products), OIDC_ISSUER: issuerAt(loginPort) },
    })
    at.client = new Client(at.system.url)
    browser = await launching
    at.open = (url = at.system.url) => openPage(browser, url)
  })
  afterAll(async () => {
    await browser?.close()
    await at.system?.stop()
    await rm(products, { recursive: true, force: true })
  })
  beforeEach(async () => {
    const { page, complaints } = await at.open()
    Object.assign(at, { page, complaints })
  })
  afterEach(() => at.page?.context().close())
  return at
}

/** The catalogue as it is, and one product more. */
const withEvilProduct = async (folder: string): Promise<string> => {
  const sold = JSON.parse(await readFile(join(ROOT, 'data/products.json'), 'utf8')) as object[]
  const evil = { sku: EVIL_SKU, name: `Mug ${EVIL}`, price: { amount: 500, currency: 'EUR' }, stock: 1_000 }
  const file = join(folder, 'products.json')
  await writeFile(file, JSON.stringify([...sold, evil]))
  return file
}

/** Whether anything on the page became more than text, now or before. */
export const becameMarkup = (page: Page): Promise<boolean> =>
  page.evaluate(
    'window.pwned !== undefined || document.querySelectorAll("main img, main script, dialog img, dialog script").length > 0',
  )
