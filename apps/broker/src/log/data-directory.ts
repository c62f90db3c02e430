import { dirname } from 'node:path'
import type { LastStop } from '../disk/damage.ts'
import type { FileSystem, Lock } from '../disk/file-system.ts'
import { readChecked, writeAtomically } from './atomic-file.ts'

/** 2 may have a redo log, which a broker that knows 1 alone would not look for after a crash. */
const FORMAT = 2
const OLDEST_FORMAT = 1

interface Header {
  readonly format: number
  readonly leaderEpoch: number
  /** In which run of the machine the broker took the directory; not known to earlier brokers. */
  readonly bootId?: string | undefined
}

/**
 * The directory as a whole: who holds it, which format it has, how the last stop went.
 *
 * The mark of a clean stop is the last thing written and the first thing removed, so it is there only if everything
 * before it was synced. When it is missing, unsynced records may be gone: the leader epoch grows, which is how Kafka
 * tells consumers to check where they are.
 */
export class DataDirectory {
  private constructor(
    private readonly fs: FileSystem,
    private readonly path: string,
    private readonly lock: Lock,
    private readonly found: Header | undefined,
    readonly leaderEpoch: number,
    readonly lastStop: LastStop,
  ) {}

  static async open(fs: FileSystem, path: string): Promise<DataDirectory> {
    fs.mkdir(path)
    const lock = fs.lock(`${path}/lock`)
    if (lock === undefined) throw new Error(`the data directory ${path} is in use by another broker`)
    try {
      const header = readHeader(fs, path)
      const bootId = fs.bootId()
      const lastStop = lastStopOf(header, fs.size(cleanMark(path)) !== undefined, bootId)
      const leaderEpoch = (header?.leaderEpoch ?? 0) + (lastStop === 'CLEAN' ? 0 : 1)
      await writeHeader(fs, path, { format: FORMAT, leaderEpoch, bootId })
      await fs.remove(cleanMark(path))
      await fs.syncDirectory(path)
      if (header === undefined) await fs.syncDirectory(dirname(path))
      return new DataDirectory(fs, path, lock, header, leaderEpoch, lastStop)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  async close(clean: boolean): Promise<void> {
    try {
      if (clean) await writeAtomically(this.fs, cleanMark(this.path), [])
    } finally {
      this.lock.release()
    }
  }

  /** The content was not taken over: the next start has to judge it by how the last one ended, as this one had. */
  async giveBack(): Promise<void> {
    const { fs, path, found, leaderEpoch, lastStop } = this
    try {
      await writeHeader(fs, path, { format: FORMAT, leaderEpoch, bootId: found?.bootId })
    } finally {
      await this.close(lastStop === 'CLEAN')
    }
  }
}

function lastStopOf(header: Header | undefined, hasCleanMark: boolean, bootId: string | undefined): LastStop {
  if (hasCleanMark || header === undefined) return 'CLEAN'
  return bootId !== undefined && header.bootId === bootId ? 'KILLED' : 'POWER_CUT'
}

function writeHeader(fs: FileSystem, path: string, header: Header): Promise<void> {
  return writeAtomically(fs, `${path}/format`, [Buffer.from(JSON.stringify(header))])
}

const cleanMark = (path: string) => `${path}/clean-shutdown`

/** Of the broker that had the directory last. */
export const storedLeaderEpoch = (fs: FileSystem, path: string): number => readHeader(fs, path)?.leaderEpoch ?? 0

function readHeader(fs: FileSystem, path: string): Header | undefined {
  if (fs.size(`${path}/format`) === undefined) return undefined
  const content = readChecked(fs, `${path}/format`)
  if (content === undefined) throw new Error(`${path}/format is damaged: not a data directory of this broker?`)
  const header = JSON.parse(content.toString()) as Header
  if (!(header.format >= OLDEST_FORMAT && header.format <= FORMAT)) {
    const known = `${OLDEST_FORMAT} to ${FORMAT}`
    throw new Error(`the data directory ${path} has format ${header.format}, this broker reads formats ${known}`)
  }
  return header
}
