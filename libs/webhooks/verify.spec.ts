import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { freshSecret, signedHeaders } from './sign.ts'
import { verifyWebhook } from './verify.ts'

const text = JSON.stringify({ events: ['Größe ✓'] })
const body = Buffer.from(text)
const [secret, older] = [freshSecret(), freshSecret()]
const now = Date.now()
const signed = (at = now, by = [secret]) => signedHeaders('msg_1', new Date(at), text, by)
const verdict = (headers: Record<string, string>, secrets = [secret], sent = body) =>
  verifyWebhook({ headers, body: sent }, secrets, now)

test('what we or the reference library have signed is believed, by any secret that both know', () => {
  expect(verdict(signed())).toEqual({ id: 'msg_1' })
  expect(verdict(signed(now, [older, secret]))).toEqual({ id: 'msg_1' })
  expect(verdict(signed(now, [older]), [secret, older])).toEqual({ id: 'msg_1' })
  const at = new Date(now)
  const timestamp = String(Math.floor(now / 1_000))
  const theirs = new Webhook(secret).sign('msg_2', at, text)
  expect(
    verdict({ 'webhook-id': 'msg_2', 'webhook-timestamp': timestamp, 'webhook-signature': `v2,x ${theirs}` }),
  ).toEqual({ id: 'msg_2' })
})

test('what is not signed, or by somebody else, or changed on its way is not', () => {
  const { 'webhook-signature': mark, ...unsigned } = signed()
  expect(verdict(unsigned)).toEqual({ refused: expect.stringMatching(/are required/) })
  expect(verdict({})).toEqual({ refused: expect.stringMatching(/are required/) })
  const unknown = { refused: expect.stringMatching(/no signature is by a secret/) }
  expect(verdict(signed(now, [older]))).toEqual(unknown)
  expect(verdict(signed(), [secret], Buffer.from(`${text} `))).toEqual(unknown)
  expect(verdict({ ...signed(), 'webhook-id': 'msg_2' })).toEqual(unknown)
  expect(verdict({ ...unsigned, 'webhook-signature': mark!.replace('v1,', 'v2,') })).toEqual(unknown)
  expect(verdict({ ...signed(), 'webhook-id': 'x'.repeat(101) })).toEqual({ refused: expect.stringMatching(/longer/) })
})

test('what was sent long ago, or is from the future, is not', () => {
  const late = { refused: expect.stringMatching(/300 s away/) }
  expect([-302_000, 302_000].map((shift) => verdict(signed(now + shift)))).toEqual([late, late])
  expect([-298_000, 298_000].map((shift) => verdict(signed(now + shift)))).toEqual([{ id: 'msg_1' }, { id: 'msg_1' }])
  expect(verdict({ ...signed(), 'webhook-timestamp': 'soon' })).toEqual({ refused: expect.stringMatching(/no number/) })
})
