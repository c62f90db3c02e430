import type { X509Certificate } from 'node:crypto'

/**
 * Whom a certificate names, as RFC 2253 writes it and Kafka's rules expect it: the most specific part first, e.g.
 * `CN=alice,OU=Shipping,O=Waybill`. Node gives one line per part, the most general first, with RFC 2253's escapes.
 */
export const distinguishedName = ({ subject }: Pick<X509Certificate, 'subject'>): string =>
  subject
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll(' + ', '+'))
    .reverse()
    .join(',')
