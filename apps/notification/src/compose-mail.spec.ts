import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { composeMail, type Mail } from './compose-mail.ts'

const mail: Mail = {
  to: 'ada.lindqvist@example.com',
  subject: 'Order 1a2b3c4d confirmed',
  text: 'We have your order over 12.00 EUR and prepare it now.\n\n.Order 1a2b3c4d\n',
  messageId: '<m1@waybill.example>',
  headers: { 'X-Kind': 'order_confirmed', 'X-Order-Id': 'order-1' },
}

describe('composing a mail', () => {
  test('a plain one is written down as it is', async () => {
    const { envelope, content } = await composeMail(mail)
    expect(envelope).toEqual({ from: 'orders@waybill.example', to: ['ada.lindqvist@example.com'] })
    expect(content).toMatch(
      /^From: Waybill <orders@waybill\.example>\r\nTo: ada\.lindqvist@example\.com\r\nSubject: Order 1a2b3c4d confirmed\r\n/,
    )
    expect(content).toMatch(
      /\r\n\r\nWe have your order over 12\.00 EUR and prepare it now\.\r\n\r\n\.Order 1a2b3c4d\r\n$/,
    )
    const read = await simpleParser(content)
    expect(read.messageId).toBe('<m1@waybill.example>')
    expect(Math.abs(read.date!.getTime() - Date.now())).toBeLessThan(5_000)
  })

  test.each([
    ['letters beyond ASCII in the subject', { subject: 'Größe ✓' }],
    ['letters beyond ASCII in the text', { text: 'Tack så mycket\n' }],
    ['a line that is too long', { text: 'x'.repeat(2_000) }],
    ['a header that is too long', { headers: { 'X-Kind': 'kind '.repeat(300).trim() } }],
  ])('with %s it says the same', async (_, change) => {
    const { content } = await composeMail({ ...mail, ...change })
    const read = await simpleParser(content)
    const expected = { ...mail, ...change }
    expect(read.subject).toBe(expected.subject)
    expect(read.text?.trimEnd()).toBe(expected.text.trimEnd())
    expect(read.headers.get('x-kind')).toBe(expected.headers['X-Kind'])
  })

  test('whatever is in it, nobody can add a header or a recipient', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\r', '\n', ' ', ':', 'é', '<', '>', ',', '@', '.'),
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(text, text, async (subject, to) => {
        const { envelope, content } = await composeMail({
          ...mail,
          subject: `${subject}\r\nX-Evil: 1`,
          to: `${to}ada@example.com`,
          headers: { 'X-Kind': `${subject}\r\nX-Evil: 2` },
        })
        const read = await simpleParser(content)
        expect(read.headers.get('x-evil')).toBeUndefined()
        for (const recipient of [envelope.to].flat()) expect(String(recipient)).not.toMatch(/[\r\n<>]/)
      }),
    )
  })
})
