import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Where a request comes from, as far as that can be believed. */
export type ClientAddress = (request: Pick<FastifyRequest, 'ip' | 'headers'>) => string

const SUBNET = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/

/** @param text addresses and subnets, `10.0.0.0/8`. @throws when one is none. */
export const proxies = (text: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const each of text) {
    const [, address = '', prefix] = SUBNET.exec(each) ?? []
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
    if (family === undefined) throw new Error(`${each} is no address and no subnet`)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/**
 * The address that connected to us; if that is one of our own proxies, what it says of who came to it, and so on. What
 * strangers write into `X-Forwarded-For` lies beyond the last one that is known, and is not read.
 */
export const clientAddressBehind =
  (trusted: BlockList): ClientAddress =>
  ({ ip, headers }) => {
    let address = plain(ip)
    for (const claimed of claims(headers['x-forwarded-for'])) {
      if (!trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) break
      const before = plain(claimed)
      if (!isIPv4(before) && !isIPv6(before)) break
      address = before
    }
    return address
  }

/** The nearest one first. */
const claims = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((each) => each.split(','))
    .toReversed()

/** Of a v4 address in a v6 one, the v4 address. */
const plain = (address: string): string => address.trim().replace(/^::ffff:(?=\d+\.)/i, '')

/** The network that the address is in, `203.0.113.0/24`, `2001:db8::/64`. */
export const networkOf = (address: string, bits: { readonly v4: number; readonly v6: number }): string => {
  if (isIPv4(address)) return `${masked(address.split('.').map(Number), bits.v4, 8).join('.')}/${bits.v4}`
  if (!isIPv6(address)) return address
  const groups = masked(groupsOf(address), bits.v6, 16).map((group) => group.toString(16))
  return `${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}/${bits.v6}`
}

const groupsOf = (address: string): number[] => {
  const [head = '', tail = ''] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail].map((part) =>
    part === '' ? [] : part.split(':').map((each) => parseInt(each, 16)),
  )
  return [...before!, ...Array<number>(8 - before!.length - after!.length).fill(0), ...after!]
}

const masked = (parts: readonly number[], bits: number, width: number): number[] =>
  parts.map((part, i) => {
    const kept = Math.min(width, Math.max(0, bits - i * width))
    return part & ~(2 ** (width - kept) - 1)
  })
