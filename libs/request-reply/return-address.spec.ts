import fc from 'fast-check'
import { expect, test } from 'vitest'
import { returnAddressOf, withReturnAddress } from './return-address.ts'

const record = { key: 'k', value: '{}', headers: { ce_id: 'q' } }
const received = (headers: Record<string, unknown>) => ({ key: null, value: null, headers })

test('a return address comes back from the wire as it was', () => {
  const address = { partition: 7, requester: 'r-1', deadline: Date.parse('2026-11-27T12:00:00.000Z') }
  const { headers } = withReturnAddress(record, address)
  expect(headers.ce_id).toBe('q')
  const asBytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]))
  for (const given of [headers, asBytes])
    expect(returnAddressOf(received(given))).toEqual({ topic: 'replies', ...address })
})

test('whatever the headers hold, they are an address for replies or none', () => {
  const value = fc.oneof(fc.string(), fc.constantFrom('replies', '0', '-1', '1.5', '1e9', ''), fc.constant(undefined))
  const names = ['replyto', 'replypartition', 'requester', 'deadline'] as const
  fc.assert(
    fc.property(fc.record(Object.fromEntries(names.map((name) => [name, value]))), (headers) => {
      const address = returnAddressOf(received(headers))
      if (address === undefined) return
      expect(address.topic).toBe('replies')
      expect(Number.isInteger(address.partition) && address.partition >= 0).toBe(true)
      expect(Number.isNaN(address.deadline)).toBe(false)
    }),
    { numRuns: 300 },
  )
})
