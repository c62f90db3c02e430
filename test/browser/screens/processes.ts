import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { confirmAs } from '../operator.ts'
import { expectUsable } from '../pages.ts'

interface Process {
  readonly name: string
  readonly state: string
  readonly pid: number
  readonly restarts: number
}

/** For a process that starts on a busy machine, and for the oracle to have looked again. */
const A_WHILE = { timeout: 60_000 }

export const processes = (at: ConsoleUnderTest): void => {
  const processOf = async (name: string): Promise<Process> => {
    const { items } = await at.client.get<{ items: Process[] }>('/api/processes')
    return items.find((process) => process.name === name)!
  }
  const cardOf = (name: string): Locator =>
    at.page.locator('.card').filter({ has: at.page.getByRole('heading', { name, exact: true }) })
  const ask = async (what: 'Pause' | 'Resume' | 'Kill −9', name: string, reason?: string): Promise<void> => {
    await at.page.getByRole('button', { name: `${what} ${name}` }).click()
    await confirmAs(at.page, 'browser-ann', what.split(' ')[0]!, reason)
  }

  test('payment is frozen and killed from the page, comes back, and an order completes all the same', async () => {
    const { page, client } = at
    const before = await processOf('payment')
    await page.goto('/processes')
    await ask('Pause', 'payment')
    await cardOf('payment').getByText('paused').waitFor()
    expect(await processOf('payment')).toMatchObject({ state: 'paused', pid: before.pid })
    const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }))

    await ask('Kill −9', 'payment', 'nobody answers')
    await cardOf('payment').getByText('SIGKILL').waitFor()
    await cardOf('payment').getByText('up', { exact: true }).waitFor(A_WHILE)
    const after = await processOf('payment')
    expect(after).toMatchObject({ state: 'up', restarts: before.restarts + 1 })
    expect(after.pid).not.toBe(before.pid)
    expect(await client.terminal(orderId)).toMatchObject({ status: 'completed', payment: { status: 'captured' } })
    const outside = (await client.operations(orderId)).map(({ operation, result }) => `${operation} ${result}`)
    expect(outside).toEqual(['authorize ok', 'capture ok'])

    await page.getByText('Last log lines').first().click()
    await expectUsable(page)
    await page.goto('/audit?target=process/payment')
    await page.getByText('process.kill').waitFor()
    await page.getByText('nobody answers').waitFor()
    expect(at.complaints).toEqual([])
  })

  test('the page goes on by itself after the console was killed from it', async () => {
    const { page } = at
    const { pid } = await processOf('console')
    await page.goto('/processes')
    await ask('Kill −9', 'console')
    await until('the console to be another process', async () => {
      const now = await processOf('console').catch(() => undefined)
      return (now !== undefined && now.pid !== pid && now.state === 'up') || undefined
    })
    await cardOf('console').getByText('SIGKILL').waitFor(A_WHILE)
  })

  test('the oracle counts over what there is, finds nothing broken, and names what it cannot see', async () => {
    const { page, client } = at
    await client.terminal(await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 })))
    await page.goto('/processes')
    await page.getByText('all hold').waitFor(A_WHILE)
    const promise = (title: string) =>
      page.locator('.promise').filter({ has: page.getByRole('heading', { name: title, exact: true }) })
    for (const title of ['Stock out of balance', 'Doubled effects', 'Broken order of a key'])
      await promise(title)
        .getByText(/^0 of [1-9]/)
        .waitFor()

    await ask('Pause', 'simulators')
    await promise('Money out of balance').getByText('not seen').waitFor()
    await page.getByText('not all seen').waitFor()
    await expectUsable(page)
    await ask('Resume', 'simulators')
    await page.getByText('all hold').waitFor(A_WHILE)
    expect(at.complaints).toEqual([])
  })
}
