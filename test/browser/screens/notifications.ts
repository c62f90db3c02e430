import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { confirmAs } from '../operator.ts'
import { expectUsable } from '../pages.ts'

export const notifications = (at: ConsoleUnderTest): void => {
  test('a customer is set to SMS in Swedish, and what their order brings about is listed as that', async () => {
    const { page, client } = at
    const customerId = `sms-${Date.now()}`
    await page.goto(`/notifications?customerId=${customerId}`)
    await page.getByText('This customer has said nothing').waitFor()
    await page.getByRole('checkbox', { name: 'sms' }).check()
    await page.getByRole('checkbox', { name: 'email' }).uncheck()
    await page.getByLabel('Language').selectOption('sv')
    await page.getByLabel('Telephone').fill('not a number')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Telephone').fill('+46701234567')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('It is so from now on.').waitFor()
    await expectUsable(page)

    await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId }))
    const told = page.getByRole('table', { name: 'Notifications' })
    const row = told.getByRole('row', { name: /order completed.*sms.*sent/i })
    await row.waitFor()
    expect(await told.getByText('email').count()).toBe(0)
    await page.goto(`/notifications?customerId=${customerId}&status=failed`)
    await page.getByText('Nothing that matches').waitFor()
    expect(at.complaints).toEqual([])
  })

  test('a campaign is made for a later time, paused, resumed, cancelled; another one tells whom it names', async () => {
    const { page } = at
    const customerId = `campaign-${Date.now()}`
    await page.goto('/campaigns')
    const make = async (fill: () => Promise<unknown>) => {
      await page.getByRole('button', { name: 'Tell customers …' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Whom').selectOption('these customers')
      await dialog.getByText('Name at least one customer').waitFor()
      await dialog.getByRole('textbox', { name: 'Customers' }).fill(`${customerId}, ${customerId}-2`)
      await fill()
      await confirmAs(page, 'browser-ann', 'Tell them')
      await page.waitForURL(/campaign=/)
    }
    const state = (is: string) => page.locator('.facts').getByText(is, { exact: true }).waitFor()
    const dialog = page.getByRole('dialog')
    await make(async () => {
      await dialog.getByLabel('until').fill('<b>Sunday</b>')
      await dialog.getByText(/Filled with an example/).waitFor()
      await dialog.getByLabel('Not before').fill('2099-01-01T08:00')
      await expectUsable(page)
    })
    await state('scheduled')
    await page.getByText('<b>Sunday</b>').waitFor()
    for (const [verb, becomes] of [
      ['Pause', 'paused'],
      ['Resume', 'scheduled'],
      ['Call off', 'cancelled'],
    ] as const) {
      await page.getByRole('button', { name: verb, exact: true }).click()
      await confirmAs(page, 'browser-ann', verb)
      await state(becomes)
    }
    await expectUsable(page)

    await make(() => dialog.getByLabel(/^What/).selectOption('New in the shop'))
    await state('completed')
    await page.getByText('2 of 2 customers told').waitFor()
    await page.goto(`/notifications?customerId=${customerId}`)
    await page.getByRole('table', { name: 'Notifications' }).getByText('campaign', { exact: true }).waitFor()
    expect(at.complaints).toEqual([])
  })
}
