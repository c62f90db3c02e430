import { BlockList, isIP, isIPv6 } from 'node:net'

/** Whom webhooks may be sent to, beside everybody who can be reached from anywhere. */
export type PrivateAddresses = 'refused' | 'loopback' | 'allowed'

/** Networks that are not the public Internet, by IANA's registries of special-purpose addresses. */
const SPECIAL = new BlockList()
for (const [net, prefix] of [
  ...[
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ],
  ...[
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
  ],
  ...[
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
  ],
  ...[
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ],
] as [string, number][])
  SPECIAL.addSubnet(net, prefix, 'ipv4')
/** What is left of 2000::/3, the only part of IPv6 that is given out: what is in it for other uses, and 6to4 and Teredo. */
for (const [net, prefix] of [
  ...[
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['2620:4f:8000::', 48],
    ['3fff::', 20],
  ],
] as [string, number][])
  SPECIAL.addSubnet(net, prefix, 'ipv6')
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** An IPv4 address that is written as one of IPv6 (`::ffff:7f00:1`) is what it is. */
const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

export const isLoopback = (address: string): boolean => LOOPBACK.check(address, familyOf(address))

/** Whether anybody may be sent anything at this address. Text that is no address may not. */
export const isAllowed = (address: string, allowed: PrivateAddresses): boolean => {
  if (isIP(address) === 0) return false
  return allowed === 'allowed' || isPublic(address) || (allowed === 'loopback' && isLoopback(address))
}

export const isPublic = (address: string): boolean => {
  const family = familyOf(address)
  // BlockList holds IPv4 subnets against IPv4-mapped addresses, too; none of these is global unicast anyway.
  return !SPECIAL.check(address, family) && (family === 'ipv4' || GLOBAL.check(address, family))
}
