import { dirname } from 'node:path'
import type { FileSystem, Lock } from '../disk/file-system.ts'
import { readChecked, writeAtomically } from './atomic-file.ts'

/** 2 may have a redo log, which a broker that knows 1 alone would not look for after a crash. */
const FORMAT = 2
const OLDEST_FORMAT = 1

interface Header {
  readonly format: number
  readonly leaderEpoch: number
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
    readonly leaderEpoch: number,
    readonly cleanStart: boolean,
  ) {}

  static async open(fs: FileSystem, path: string): Promise<DataDirectory> {
    fs.mkdir(path)
    const lock = fs.lock(`${path}/lock`)
    if (lock === undefined) throw new Error(`the data directory ${path} is in use by another broker`)
    try {
      const header = readHeader(fs, path)
      const clean = fs.size(cleanMark(path)) !== undefined || header === undefined
      const leaderEpoch = (header?.leaderEpoch ?? 0) + (clean ? 0 : 1)
      await writeAtomically(fs, `${path}/format`, Buffer.from(JSON.stringify({ format: FORMAT, leaderEpoch })))
      await fs.remove(cleanMark(path))
      await fs.syncDirectory(path)
      if (header === undefined) await fs.syncDirectory(dirname(path))
      return new DataDirectory(fs, path, lock, leaderEpoch, clean)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  async close(clean: boolean): Promise<void> {
    try {
      if (clean) await writeAtomically(this.fs, cleanMark(this.path), Buffer.alloc(0))
    } finally {
      this.lock.release()
    }
  }
}

const cleanMark = (path: string) => `${path}/clean-shutdown`

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
