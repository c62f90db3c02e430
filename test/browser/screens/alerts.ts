import { expect, test } from 'vitest'
import { SystemUnderDrill } from '../../../scripts/drills/drill.ts'
import { parkedGrowing } from '../../../scripts/drills/parked-growing.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const alerts = (at: ConsoleUnderTest): void => {
  test('what fires is told on top of every page, with its runbook and the screen that helps', async () => {
    const { page, system } = at
    const fault = await parkedGrowing.make(new SystemUnderDrill(system.url, system.data))
    await page.goto('/orders')
    const bar = page.getByRole('region', { name: 'Alerts' })
    const told = bar.getByRole('listitem').filter({ hasText: 'order parks messages that it cannot handle' })
    await told.waitFor()
    await told.getByText('parked-growing').waitFor()
    await expectUsable(page)

    const opened = page.context().waitForEvent('page')
    await told.getByRole('link', { name: 'Runbook for parked-growing' }).click()
    await (await opened).getByText('# parked-growing:').waitFor()
    await told.getByRole('link', { name: 'Look at it' }).click()
    await page.waitForURL('**/dead-letters')
    await bar.waitFor()
    await fault.mend()
    expect(at.complaints).toEqual([])
  })
}
