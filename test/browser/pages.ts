import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const LOCALE = { locale: 'en-GB', timezoneId: 'Europe/Berlin' }

export interface OpenPage {
  readonly page: Page
  /** Errors of scripts, and what broke the content policy; that a service did not answer in time is neither. */
  readonly complaints: string[]
}

/** A page of its own, with nothing that moves. */
export const openPage = async (browser: Browser, url: string, width = 1440): Promise<OpenPage> => {
  const viewport = { width, height: width < 500 ? 844 : 900 }
  const context = await browser.newContext({ ...LOCALE, viewport, baseURL: url, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(45_000)
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) complaints.push(line.text())
  })
  return { page, complaints }
}

/** What axe finds, in light and dark, and whether a phone has to scroll the page sideways. */
export const expectUsable = async (page: Page): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const found = (await page.evaluate(
      `(() => { const module = undefined; ${axe.source}; return window.axe.run({ runOnly: ${JSON.stringify(RULES)} }) })()`,
    )) as axe.AxeResults
    const said = found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
    )
    expect(said, `${page.url()} in ${colorScheme}`).toEqual([])
  }
  const size = page.viewportSize()!
  await page.setViewportSize({ width: 390, height: 844 })
  const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  expect(beyond, `${page.url()} at 390 px`).toBeLessThanOrEqual(0)
  await page.setViewportSize(size)
}
