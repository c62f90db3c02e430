import { describe, expect, test } from 'vitest'
import { clientAddressBehind, networkOf, proxies } from './client-address.ts'

const from = (ip: string, forwarded?: string, trusted: string[] = ['10.0.0.0/8', '::1']) =>
  clientAddressBehind(proxies(trusted))({
    ip,
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  })

describe('an address is', () => {
  test('that of whoever connected, whatever they say', () => {
    expect(from('203.0.113.7')).toBe('203.0.113.7')
    expect(from('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
    expect(from('::ffff:203.0.113.7')).toBe('203.0.113.7')
    expect(from('127.0.0.1', '198.51.100.1', [])).toBe('127.0.0.1')
  })

  test('what a proxy of ours says, and not what it was told', () => {
    expect(from('10.0.0.1', '198.51.100.1')).toBe('198.51.100.1')
    expect(from('::1', '198.51.100.1')).toBe('198.51.100.1')
    expect(from('::ffff:10.0.0.1', '1.1.1.1, 198.51.100.1, 10.2.0.1')).toBe('198.51.100.1')
    expect(from('10.0.0.1', '198.51.100.1, unknown')).toBe('10.0.0.1')
    expect(from('10.0.0.1', '2001:db8::7')).toBe('2001:db8::7')
  })
})

test.each([
  ['203.0.113.7', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['nothing', 'nothing'],
])('%s is in %s', (address, network) => expect(networkOf(address, { v4: 24, v6: 64 })).toBe(network))

test('what is no address is refused', () => {
  expect(() => proxies(['proxy.example'])).toThrow('no address')
  expect(() => proxies(['10.0.0.0/33'])).toThrow()
})
