import { type Browser, type CDPSession, chromium } from 'playwright-core'
import { chromiumProgram } from '../test/browser/chromium.ts'
import { report } from './figures.ts'

/** Screens that draw what happens while it happens. */
const ADDRESSES = ['/', '/orders', '/topics?topic=orders&live=yes', '/analytics']
const MB = 2 ** 20
/** A heap's last third may end so much above its first: charts fill their window in the first minutes. */
const FLAT = 1.15
const SLACK_MB = 4

interface Sample {
  /** What the page's scripts hold after a collection, MB. */
  readonly heap: number
  /** Elements and texts that scripts or the page itself hold. */
  readonly nodes: number
}

interface LeftOpen {
  readonly address: string
  readonly session: CDPSession
  readonly samples: Sample[]
}

/** Pages of the console that somebody left open, in one browser, while the system works. */
export class OpenPages {
  private constructor(
    private readonly browser: Browser,
    private readonly pages: readonly LeftOpen[],
  ) {}

  /** @throws Error where there is no Chromium. */
  static async open(url: string): Promise<OpenPages> {
    const executablePath = chromiumProgram()
    if (executablePath === undefined) throw new Error('pages cannot be left open without a browser')
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    const opening = ADDRESSES.map(async (address): Promise<LeftOpen> => {
      const page = await (await browser.newContext({ baseURL: url })).newPage()
      await page.goto(address, { waitUntil: 'domcontentloaded' })
      const session = await page.context().newCDPSession(page)
      await session.send('Performance.enable')
      return { address, session, samples: [] }
    })
    return new OpenPages(browser, await Promise.all(opening))
  }

  async sample(): Promise<void> {
    for (const { session, samples } of this.pages) {
      await session.send('HeapProfiler.collectGarbage')
      const { metrics } = await session.send('Performance.getMetrics')
      const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
      samples.push({ heap: of('JSHeapUsedSize') / MB, nodes: of('Nodes') })
    }
    const row = this.pages.map(({ address, samples }) => {
      const { heap, nodes } = samples.at(-1)!
      return `${address} ${heap.toFixed(1)} MB, ${nodes} nodes`
    })
    console.log(`  pages: ${row.join('; ')}`)
  }

  /** What each held in its first third and in its last one. */
  report(): void {
    for (const { address, samples } of this.pages) {
      const third = Math.ceil(samples.length / 3)
      const highest = (part: readonly Sample[]) => Math.max(...part.map(({ heap }) => heap))
      const [first, last] = [highest(samples.slice(0, third)), highest(samples.slice(-third))]
      const figure = `${first.toFixed(1)} → ${last.toFixed(1)} MB`
      report(`heap of ${address} left open`, figure, `≤ ${FLAT} ×`, last <= first * FLAT + SLACK_MB)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.browser.close()
  }
}
