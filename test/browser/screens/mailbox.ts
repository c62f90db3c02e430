import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { becameMarkup, type ConsoleUnderTest, EVIL } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const mailbox = (at: ConsoleUnderTest): void => {
  test('a mail with markup in it is read as the text that it is', async () => {
    const { page, system } = at
    const to = `reader-${Date.now()}@example.com`
    const port = await system.portOf('smtp')
    const server = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
    await server.sendMail({ from: 'orders@waybill.example', to, subject: `Read ${EVIL}`, text: `Dear ${EVIL}` })
    server.close()
    await page.goto('/simulators')
    await page.getByLabel('Whose mail').fill(to)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.waitForURL(/to=reader/)
    await page.getByRole('table', { name: 'Mails' }).getByRole('link').click()
    await page.getByRole('article').getByText(`Dear ${EVIL}`).waitFor()
    await expectUsable(page)
    expect(await becameMarkup(page)).toBe(false)
    expect(at.complaints).toEqual([])
  })
}
