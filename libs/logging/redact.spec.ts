import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { customerHash, hashCustomersWith } from './customer-hash.ts'
import { configureLogging, createLogger } from './logger.ts'

const logged = (fields: object, message = 'm', format: 'json' | 'pretty' = 'json'): string => {
  const lines: string[] = []
  configureLogging({ level: 'info', format, write: (line) => lines.push(line) })
  createLogger('test').info(message, { ...fields })
  configureLogging({ level: 'silent', format: 'json', write: () => {} })
  return lines.join('')
}

test.each([
  ['a secret of a webhook', `whsec_${randomBytes(32).toString('base64')}`],
  ['a payment token', 'tok_visa_4242'],
  ['a sealed one', 'sealed.v1.abc.def-_.ghi'],
  [
    'a web token',
    `eyJhbGciOiJIUzI1NiJ9.${randomBytes(20).toString('base64url')}.${randomBytes(32).toString('base64url')}`,
  ],
  ['basic credentials', 'Basic YWRtaW46c2VjcmV0'],
])('%s is in no line, wherever it was', (_, secret) => {
  for (const format of ['json', 'pretty'] as const)
    for (const line of [
      logged({ body: { deep: [secret] } }, 'm', format),
      logged({ error: new Error(`cannot "${secret}"`, { cause: new Error(secret) }) }, 'm', format),
      logged({}, `said ${secret}`, format),
    ]) {
      expect(line).toContain('[secret]')
      expect(line).not.toContain(secret)
      if (format === 'json') expect(() => JSON.parse(line)).not.toThrow()
    }
})

test('a password in an address, and a private key', () => {
  expect(logged({ url: 'postgresql://waybill:hunter2@db:5432/x' })).toContain('postgresql://waybill:[secret]@db:5432/x')
  const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ\n-----END PRIVATE KEY-----\n'
  const line = logged({ pem, after: 'kept' })
  expect(line).not.toContain('MC4CAQ')
  expect(JSON.parse(line)).toMatchObject({ pem: '[secret]\n', after: 'kept' })
})

test('what is no secret stays', () => {
  const fields = { orderId: 'ord_1', url: 'http://127.0.0.1:80/a', from: 'a@b.c', text: 'Bearer of news; basic tok' }
  expect(JSON.parse(logged(fields))).toMatchObject(fields)
})

test('a customer is written as a hash, the same with the same key, and a traceparent as its trace', () => {
  const key = randomBytes(32)
  hashCustomersWith(createSecretKey(key))
  const line = logged({ customerId: 'cust-0001', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
  expect(line).not.toContain('cust-0001')
  expect(JSON.parse(line)).toMatchObject({ customer: customerHash('cust-0001'), traceId: 'a'.repeat(32) })
  const before = customerHash('cust-0001')
  hashCustomersWith(createSecretKey(randomBytes(32)))
  expect(customerHash('cust-0001')).not.toBe(before)
  hashCustomersWith(createSecretKey(key))
  expect(customerHash('cust-0001')).toBe(before)
})
