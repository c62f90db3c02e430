import { expect, test } from 'vitest'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const overview = (at: ConsoleUnderTest): void => {
  test('the overview shows what flows, and a sample order leads to its page', async () => {
    const { page } = at
    await page.goto('/')
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByText('payment ok').waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'One', exact: true }).click()
    await page.getByText('1 placed').waitFor()
    await page
      .locator('.figure', { hasText: 'Completed in the last minute' })
      .getByText(/^[1-9]/)
      .waitFor()
    await expectUsable(page)
    await page.getByRole('link', { name: 'follow the newest' }).click()
    await page.locator('.page-actions').getByText('completed').waitFor()
    expect(at.complaints).toEqual([])
  })
}
