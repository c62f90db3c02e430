import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { freshSecret, signedHeaders } from './sign.ts'

const body = JSON.stringify({ type: 'order.placed', data: { name: 'Größe ✓' } })

test('what is signed is verified by the reference library, by the secret of before and by that of now', () => {
  const [now, before, other] = [freshSecret(), freshSecret(), freshSecret()]
  const headers = signedHeaders('msg_1', new Date(), body, [now, before])
  expect(new Webhook(now).verify(body, headers)).toEqual(JSON.parse(body))
  expect(new Webhook(before).verify(body, headers)).toEqual(JSON.parse(body))
  expect(() => new Webhook(other).verify(body, headers)).toThrow('No matching signature')
})

test('another body, id or time has another signature', () => {
  const secret = freshSecret()
  const headers = signedHeaders('msg_1', new Date(), body, [secret])
  const verify =
    (changed: Record<string, string>, text = body) =>
    () =>
      new Webhook(secret).verify(text, { ...headers, ...changed })
  expect(verify({})).not.toThrow()
  expect(verify({}, `${body} `)).toThrow()
  expect(verify({ 'webhook-id': 'msg_2' })).toThrow()
  expect(verify({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toThrow()
})
