import { dirname, relative } from 'node:path'
import { DamagedFileError } from '../disk/damage.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { storedLeaderEpoch } from '../log/data-directory.ts'
import { repairJournal } from './repair-journal.ts'
import { repairLog } from './repair-log.ts'

export interface RepairOptions {
  readonly fs: FileSystem
  readonly dataDir: string
  /** Opens and closes the directory as a start and a stop do; rejects with DamagedFileError. */
  readonly tryStart: () => Promise<void>
  /** One line each for what is lost and what was done. */
  readonly say: (line: string) => void
}

/**
 * Takes out of the files of a data directory what is damaged, until a start accepts it. What is whole stays, whatever it
 * lies behind, and the damaged files are kept beside the repaired ones. Rejects when a file does not become better, and
 * on any other trouble; a crash leaves something to repair once more.
 */
export async function repair({ fs, dataDir, tryStart, say }: RepairOptions): Promise<void> {
  const repaired = new Set<string>()
  for (let damage = await damageOf(tryStart); damage !== undefined; damage = await damageOf(tryStart)) {
    const name = relative(dataDir, damage.path)
    say(`${name} is damaged at byte ${damage.position}. ${damage.lost}`)
    const subject = damage.path.endsWith('.journal') ? damage.path : partitionOf(damage.path)
    if (repaired.has(subject)) throw new Error(`${name} is still damaged after its repair`)
    repaired.add(subject)
    const lock = fs.lock(`${dataDir}/lock`)
    if (lock === undefined) throw new Error(`the data directory ${dataDir} is in use by another broker`)
    try {
      const kept = subject.endsWith('.journal')
        ? [await repairJournal(fs, subject)]
        : await repairLog(fs, subject, storedLeaderEpoch(fs, dataDir))
      for (const aside of kept) say(`the damaged original is kept as ${relative(dataDir, aside)}`)
    } finally {
      lock.release()
    }
  }
  say(repaired.size === 0 ? 'nothing is damaged that a start would read' : 'repaired; the broker can be started')
}

const partitionOf = (path: string): string => (path.endsWith('.log') ? dirname(path) : path)

async function damageOf(tryStart: () => Promise<void>): Promise<DamagedFileError | undefined> {
  try {
    await tryStart()
    return undefined
  } catch (error) {
    if (error instanceof DamagedFileError) return error
    throw error
  }
}
