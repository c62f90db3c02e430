import { expect, test } from 'vitest'
import { confirmationMail, isTrueToken, questionIn, tokenOf } from './confirmation-mail.ts'

const question = { id: '7f0c0b5e-3c0e-4d8e-9c57-0f7b8e3d1a11', address: 'ann@example.com', secret: 'whsec_a' }

test('a link says yes for its question, its address and its secret only', () => {
  const token = tokenOf(question)
  expect(questionIn(token)).toBe(question.id)
  expect(isTrueToken(token, question)).toBe(true)
  for (const other of [{ address: 'bob@example.com' }, { secret: 'whsec_b' }, { id: question.id.replace('7', '8') }])
    expect(isTrueToken(token, { ...question, ...other })).toBe(false)
  for (const bad of ['', question.id, `${question.id}.`, `${token}x`, token.slice(0, -1), token.replace('.', ':')])
    expect([bad, isTrueToken(bad, question)]).toEqual([bad, false])
})

test('the mail has the link and the time it holds, and nothing of whoever asked for it', () => {
  const until = new Date('2026-11-29T10:00:00Z')
  const { to, text } = confirmationMail(question, 'https://waybill.example/', until)
  expect(to).toBe(question.address)
  expect(text).toContain(`\n\nhttps://waybill.example/confirm-subscription#${tokenOf(question)}\n\n`)
  expect(text).toContain('Sun, 29 Nov 2026 10:00:00 GMT')
})
