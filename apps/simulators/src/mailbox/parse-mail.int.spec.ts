import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { describe, expect, test } from 'vitest'
import { parseMail, parsePlainMail } from './parse-mail.ts'

const compose = async (mail: SendMailOptions): Promise<Buffer> => {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return (await transport.sendMail(mail)).message as Buffer
}

const mail = {
  from: '"Waybill" <orders@waybill.example>',
  to: 'ada@example.com',
  messageId: '<m1@waybill.example>',
  headers: { 'X-Kind': 'order_placed', 'X-Order-Id': 'order-1', 'X-Correlation-Id': 'c-1' },
}

describe('reading mails', () => {
  test('a plain one', async () => {
    const raw = await compose({ ...mail, subject: 'Your order', text: 'Dear Ada,\n\n.thanks = 100 %\n' })
    expect(parsePlainMail(raw)).toEqual({
      from: 'Waybill <orders@waybill.example>',
      subject: 'Your order',
      text: 'Dear Ada,\n\n.thanks = 100 %',
      messageId: '<m1@waybill.example>',
      kind: 'order_placed',
      orderId: 'order-1',
      correlationId: 'c-1',
    })
  })

  test('one that needs the full parser', async () => {
    const raw = await compose({ ...mail, subject: 'Größe ✓', text: 'plain', html: '<p>rich</p>' })
    expect(parsePlainMail(raw)).toBeUndefined()
    expect(await parseMail(raw)).toMatchObject({ subject: 'Größe ✓', text: 'plain', orderId: 'order-1' })
  })

  test('whatever the plain parser reads, the full one reads the same', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '=', '.', 'é', '€', '😀', '\n', '-'.repeat(60)),
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(text, async (body) => {
        const raw = await compose({ ...mail, subject: 'Your order', text: body })
        const plain = parsePlainMail(raw)
        const full = await simpleParser(raw)
        if (plain) expect(plain.text.trimEnd()).toBe((full.text ?? '').trimEnd())
      }),
    )
  })
})
