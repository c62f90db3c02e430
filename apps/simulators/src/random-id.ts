import { randomUUID } from 'node:crypto'

/** Hexadecimal digits that nobody else gets; from Node's store of UUIDs, since asking for few random bytes is dear. */
export const randomId = (digits: number): string => randomUUID().replaceAll('-', '').slice(0, digits)
