import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { startGatewayWithLogin } from '../gateway-with-login.ts'
import { expectUsable } from '../pages.ts'

export const login = (at: ConsoleUnderTest): void => {
  let gateway: ChildProcess | undefined
  beforeAll(async () => {
    gateway = await startGatewayWithLogin(at.system, at.loginPort)
  })
  afterAll(async () => {
    if (gateway === undefined || gateway.exitCode !== null) return
    gateway.kill('SIGTERM')
    await once(gateway, 'exit')
  })

  const screens = (page: Page) => page.getByRole('navigation', { name: 'Screens' })
  const link = (page: Page, name: string) => screens(page).getByRole('link', { name, exact: true })
  const chooseUser = (page: Page, name: string) => page.getByRole('link', { name }).click()
  /** What a page of ours may send; whoever sits before it may type it, too. */
  const put = (page: Page): Promise<number> =>
    page.evaluate(`fetch('/api/simulators/carrier/settings', { method: 'PUT', body: '{}',
      headers: { 'content-type': 'application/json', 'x-csrf-token': document.cookie.match(/waybill-csrf=([^;]+)/)[1] } })
      .then(({ status }) => status)`)

  test('a page leads to the login and back, offers what the role may, and nothing after a logout', async () => {
    const { page, complaints } = await at.open(`http://localhost:${at.loginPort}`)
    await page.goto('/simulators')
    await chooseUser(page, 'sam')
    await page.getByRole('heading', { name: 'Carrier', exact: true }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/simulators')
    const who = page.getByRole('region', { name: 'Who is logged in' })
    expect(await who.textContent()).toMatch(/^samsupport/)

    const set = page.locator('.card').filter({ hasText: 'Carrier' }).getByRole('button', { name: 'Set', exact: true })
    await link(page, 'Topics').waitFor()
    expect(await link(page, 'Audit').count()).toBe(0)
    expect(await set.isDisabled()).toBe(true)
    expect(await put(page)).toBe(403)
    await expectUsable(page)
    await page.goto('/dead-letters')
    await page.getByText('Nothing is parked that matches').or(page.getByRole('table')).first().waitFor()
    expect(await page.getByRole('button', { name: 'Redrive …' }).count()).toBe(0)

    await who.getByRole('button', { name: 'Log out', exact: true }).click()
    await page.getByRole('heading', { name: 'Logged out' }).waitFor()
    await page.goto('/simulators')
    await chooseUser(page, 'ada')
    await set.waitFor()
    expect(await set.isDisabled()).toBe(false)
    expect(await put(page)).toBe(200)
    await until('the refusal to be on record', async () => {
      const { items } = await at.client.get<{ items: object[] }>('/api/audit?actor=operator:sam')
      return items.length > 0 || undefined
    })
    await link(page, 'Audit').click()
    await page.getByText('PUT /api/simulators/carrier/settings').first().waitFor()
    await page.getByText('operator:sam').first().waitFor()
    await page.goto('/dead-letters')
    await page.getByRole('button', { name: 'Redrive …' }).click()
    await page.getByRole('dialog').getByText('On record as ada').waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })
}
