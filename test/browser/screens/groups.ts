import { expect, test } from 'vitest'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const groups = (at: ConsoleUnderTest): void => {
  test('a group shows its members and how far it is in each partition', async () => {
    const { page, client } = at
    await page.goto('/groups')
    await page
      .getByRole('table', { name: 'Consumer groups' })
      .getByRole('link', { name: 'payment', exact: true })
      .click()
    await page.waitForURL(/group=payment/)
    await page.getByRole('heading', { name: 'Members of payment' }).waitFor()
    const { items } = await client.get<{ items: { groupId: string; members: unknown[] }[] }>('/api/groups')
    const { members } = items.find(({ groupId }) => groupId === 'payment')!
    expect(await page.locator('.card', { hasText: 'Members of payment' }).getByRole('listitem').count()).toBe(
      members.length,
    )
    await page.getByRole('table', { name: 'Partitions of payment' }).getByText('payment-commands').first().waitFor()
    await expectUsable(page)
    expect(at.complaints).toEqual([])
  })
}
