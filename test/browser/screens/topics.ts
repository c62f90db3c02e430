import { expect, test } from 'vitest'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const topics = (at: ConsoleUnderTest): void => {
  test('a topic shows its partitions as Kafka has them', async () => {
    const { page, client } = at
    await page.goto('/')
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Topics' }).click()
    await page.getByRole('table', { name: 'Topics' }).getByRole('link', { name: 'orders', exact: true }).click()
    await page.waitForURL(/topic=orders/)
    const partitions = page.getByRole('table', { name: 'Partitions of orders' })
    await partitions.waitFor()
    const { items } = await client.get<{ items: { name: string; partitions: unknown[] }[] }>('/api/topics')
    const orders = items.find(({ name }) => name === 'orders')!
    expect(await partitions.getByRole('row').count()).toBe(orders.partitions.length + 1)
    await expectUsable(page)
    expect(at.complaints).toEqual([])
  })
}
