/** Which way a topic is looked through: to what is younger, or to what is older. */
export type Direction = 'forward' | 'backward'

/** Where looking goes on in each partition. Forward: at this offset; backward: with the one before it. */
export interface ScanPosition {
  readonly direction: Direction
  readonly offsets: ReadonlyMap<number, number>
}

const CURSOR = /^(forward|backward)((?:\.\d{1,9}:\d{1,15}){1,1024})$/

/** As it stands in an address: `backward.0:120.3:7`. */
export const encodeScanPosition = ({ direction, offsets }: ScanPosition): string =>
  `${direction}${Array.from(offsets, ([partition, offset]) => `.${partition}:${offset}`).join('')}`

/** Undefined for anything that is no such text. */
export const decodeScanPosition = (text: string): ScanPosition | undefined => {
  const [, direction, list] = CURSOR.exec(text) ?? []
  if (direction === undefined || list === undefined) return undefined
  const parts = list.slice(1).split('.')
  const offsets = new Map(parts.map((part) => part.split(':').map(Number) as [number, number]))
  return { direction: direction as Direction, offsets }
}
