import { createHash } from 'node:crypto'

/**
 * 32 hexadecimal digits for something that every data folder has one of: the same whenever it is asked for, and another
 * one in every cluster.
 */
export function derivedUuid(clusterId: string, name: string): string {
  const bytes = createHash('sha256').update(`${clusterId}/${name}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex')
}
