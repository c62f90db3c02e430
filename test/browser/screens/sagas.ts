import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

/** Also the simulators, which make the trouble, and the audit, which shows who ended it. */
export const sagas = (at: ConsoleUnderTest): void => {
  test('while the bank is away a saga waits; a person undoes it, and that is on record', async () => {
    const { page, client } = at
    const settings = () => client.get<{ faultRate: number }>('/api/simulators/payment/settings')
    await page.goto('/simulators')
    const bank = page.locator('.card', { has: page.getByRole('heading', { name: 'Payment provider' }) })
    await bank.getByLabel(/^Faults/).waitFor()
    await expectUsable(page)
    await bank.getByRole('button', { name: 'The bank is away' }).click()
    await bank.getByText('It is so from now on.').waitFor()
    expect((await settings()).faultRate).toBe(1)

    const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }))
    await page.goto('/sagas')
    const states = page.getByRole('navigation', { name: 'States' })
    await states.getByRole('link', { name: /^running/ }).click()
    await page.waitForURL(/state=running/)
    const row = page.getByRole('table', { name: 'Sagas' }).getByRole('link', { name: orderId })
    await row.waitFor()
    await expectUsable(page)
    await row.click()
    await page.getByRole('button', { name: 'Undo everything' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Who you are').fill('browser-ann')
    await dialog.getByLabel('Why').fill('nobody can pay')
    await expectUsable(page)
    await dialog.getByRole('button', { name: 'Undo', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })

    await page.goto('/simulators')
    await bank.getByRole('button', { name: 'A good day' }).click()
    await bank.getByText('It is so from now on.').waitFor()
    await until('the bank to be back', async () => ((await settings()).faultRate === 0 ? true : undefined))
    expect(await client.terminal(orderId)).toMatchObject({ status: 'cancelled', reason: 'operator_decision' })
    await page.goto(`/orders/${orderId}`)
    await page.locator('.page-actions').getByText('cancelled').waitFor()

    await page.goto('/audit')
    await page.getByLabel('Who').fill('operator:browser-ann')
    await page.keyboard.press('Enter')
    await page.waitForURL(/actor=/)
    const entries = page.getByRole('table', { name: 'Audit entries' })
    await entries.getByText('nobody can pay').waitFor()
    await page.getByRole('button', { name: 'Verify the chain' }).click()
    await page.getByText('the chain holds').waitFor()
    await expectUsable(page)
    await page.getByLabel('Who').fill('')
    await page.getByLabel('Which thing').fill(`order/${orderId}`)
    await page.keyboard.press('Enter')
    await entries.getByRole('link').first().click()
    await page.waitForURL(new RegExp(`/orders/${orderId}$`))
    expect(at.complaints).toEqual([])
  })

  test('a setting is typed in, one out of its range is refused in words, and nothing changes', async () => {
    const { page, client } = at
    await page.goto('/simulators')
    const carrier = page.locator('.card', { has: page.getByRole('heading', { name: 'Carrier' }) })
    const latency = carrier.getByLabel(/^Latency/)
    const before = Number(await latency.inputValue())
    await latency.fill(String(before + 1))
    await carrier.getByRole('button', { name: 'Set', exact: true }).click()
    await carrier.getByText('It is so from now on.').waitFor()
    const settings = () => client.get<{ latencyMs: number }>('/api/simulators/carrier/settings')
    expect((await settings()).latencyMs).toBe(before + 1)
    await latency.fill('99999999')
    await carrier.getByRole('button', { name: 'Set', exact: true }).click()
    await carrier.getByText(/latencyMs|between|range|Too big|at most/i).waitFor()
    await expectUsable(page)
    expect((await settings()).latencyMs).toBe(before + 1)
    await latency.fill(String(before))
    await carrier.getByRole('button', { name: 'Set', exact: true }).click()
    await carrier.getByText('It is so from now on.').waitFor()
  })
}
