import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { confirmAs } from '../operator.ts'
import { expectUsable } from '../pages.ts'

export const projections = (at: ConsoleUnderTest): void => {
  test('a projection is rebuilt, its differences are looked at, it is switched in, and rolled back', async () => {
    const { page, client } = at
    await client.terminal(await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 })))
    await page.goto('/projections')
    await page.getByRole('link', { name: 'product-sales' }).click()
    await page.waitForURL(/projection=product-sales/)
    await page.getByRole('table', { name: 'Product sales' }).getByText('Returned').waitFor()
    await page.getByRole('button', { name: 'Rebuild' }).click()
    await page.getByRole('dialog').getByText('wait for me to look at the differences').click()
    await expectUsable(page)
    await confirmAs(page, 'browser-ann', 'Rebuild', 'to see it')
    const rebuild = page.getByRole('region', { name: 'Rebuild to version 2' })
    await rebuild.getByText(/^The same, of \d+ rows/).waitFor()
    await expectUsable(page)

    await page.getByRole('button', { name: 'Switch' }).click()
    await confirmAs(page, 'browser-ann', 'Switch')
    await page.getByText('version 2, since').waitFor()
    await page.getByRole('table', { name: 'Versions of product-sales' }).getByText('to see it').waitFor()
    const serving = async () =>
      (await client.get<{ servingVersion: number }>('/api/projections/product-sales')).servingVersion
    expect(await serving()).toBe(2)

    await page.getByRole('button', { name: 'Roll back' }).click()
    await confirmAs(page, 'browser-ann', 'Roll back')
    await page.getByText('version 1, since').waitFor()
    expect(await serving()).toBe(1)
    expect(at.complaints).toEqual([])
  })
}
