import type { Page } from 'playwright-core'

/** Fills in the dialog that asks an operator who they are and perhaps why, and says the verb. */
export const confirmAs = async (page: Page, actor: string, verb: string, reason?: string): Promise<void> => {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Who you are').fill(actor)
  if (reason !== undefined) await dialog.getByLabel(/^Why/).fill(reason)
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}
