import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { asCurl, orderRequest } from './order-request.ts'

test('what is shown for a shell is, in a shell, the very request', () => {
  const body = orderRequest({ customerId: 'cust-0001', sku: "IT'S $HOME `x`", quantity: 2, token: 'tok_ok' })
  const curl = asCurl('http://localhost:8080', "k'1", body)
  const script = `curl() { printf '%s\\0' "$@"; }; ${curl}`
  const args = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0')
  expect(args.slice(0, 4)).toEqual(['-i', 'http://localhost:8080/api/orders', '-H', "Idempotency-Key: k'1"])
  expect(JSON.parse(args[7]!)).toEqual(body)
})
