import { describe, expect, test } from 'vitest'
import { isAllowed } from './addresses.ts'

describe('addresses that webhooks may go to', () => {
  test.each(['1.1.1.1', '172.15.0.1', '172.32.0.1', '2a00:1450:4001::1', '2606:4700::1111'])('%s', (address) => {
    expect(isAllowed(address, 'refused')).toBe(true)
  })

  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:1.1.1.1', '64:ff9b::a00:1', '2002:a00:1::'],
    ...['2001:db8::1', '2001::1', 'fc00::1', 'fd12::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', 'localhost', '', '1'],
  ])('not %s', (address) => {
    expect(isAllowed(address, 'refused')).toBe(false)
  })

  test('loopback where that is allowed, and nothing else; everything where all is', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1'].map((each) => isAllowed(each, 'loopback'))).toEqual([true, true, true])
    expect(['10.0.0.1', '169.254.169.254', 'fe80::1'].some((each) => isAllowed(each, 'loopback'))).toBe(false)
    expect(['10.0.0.1', 'fe80::1'].every((each) => isAllowed(each, 'allowed'))).toBe(true)
    expect(isAllowed('localhost', 'allowed')).toBe(false)
  })
})
