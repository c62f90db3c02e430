import type { ArchiveStore } from './archive-store.ts'
import { decodeFile } from './decode-file.ts'
import { type ArchivedRecord, endOfFile, readName } from './event-file.ts'

const HOUR_MS = 3_600_000

/** Records of one partition that follow those before. */
export interface ArchivedStretch {
  readonly partition: number
  readonly records: readonly ArchivedRecord[]
  /** Of the record behind it. */
  readonly next: number
}

/** Files are missing between two of a partition: what is computed from the rest would be wrong. */
export class ArchiveGap extends Error {
  override readonly name = 'ArchiveGap'
}

interface ListedFile {
  readonly name: string
  readonly partition: number
  readonly first: number
  /** Since 1970. */
  readonly hour: number
}

/** Where the archive begins in each partition, and the beginning of the hour in which that arrived (ms since 1970). */
export const archiveStarts = async (
  store: ArchiveStore,
): Promise<ReadonlyMap<number, { readonly first: number; readonly arrived: number }>> => {
  const starts = new Map<number, { readonly first: number; readonly arrived: number }>()
  for (const { partition, first, hour } of await listFiles(store))
    if (!starts.has(partition)) starts.set(partition, { first, arrived: hour * HOUR_MS })
  return starts
}

/**
 * Every archived record, hour by hour over all partitions, and in each partition in the order of its offsets: a file is in
 * memory at a time.
 * @throws ArchiveGap
 */
export async function* readArchive(store: ArchiveStore): AsyncGenerator<ArchivedStretch> {
  const ends = new Map<number, number>()
  for (const { name, partition, first } of await listFiles(store)) {
    const end = ends.get(partition) ?? first
    if (first !== end) throw new ArchiveGap(`the archive has nothing of partition ${partition} from ${end} to ${first}`)
    const bytes = await store.read(name)
    for await (const records of decodeFile(bytes))
      yield { partition, records, next: (records.at(-1)?.offset ?? first - 1) + 1 }
    ends.set(partition, endOfFile(bytes))
    yield { partition, records: [], next: ends.get(partition)! }
  }
}

/** By hour. A clock that was set back does not put a file before the one that it follows. */
const listFiles = async (store: ArchiveStore): Promise<ListedFile[]> => {
  const files = (await store.list('shop-events/')).flatMap((name) => {
    const read = readName(name)
    if (read === undefined) return []
    const { partition, first, day, hour } = read
    return [{ name, partition, first, hour: Date.parse(day) / HOUR_MS + hour }]
  })
  const latest = new Map<number, number>()
  const inOrder = files
    .sort((a, b) => a.partition - b.partition || a.first - b.first)
    .map((file) => {
      const hour = Math.max(file.hour, latest.get(file.partition) ?? 0)
      latest.set(file.partition, hour)
      return { ...file, hour }
    })
  return inOrder.sort((a, b) => a.hour - b.hour || a.partition - b.partition || a.first - b.first)
}
