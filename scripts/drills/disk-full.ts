import { existsSync } from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Drill, ended } from './drill.ts'

/** As the alert has it. */
const FULL = 0.8
/** Somewhat more, since the system goes on writing. */
const FILLED = 0.85
/** A disk that others live on as well is not to be filled. Bytes. */
const MOST = 4 * 2 ** 30
const BALLAST = 'ballast'
const CHUNK = Buffer.alloc(2 ** 20)

export const diskFull: Drill = {
  fault: 'the disk of the data folder is filled with a file of no use',
  make: async (system) => {
    if (!existsSync(system.data))
      throw new Error(`there is no ${system.data}: name the system's data folder with --data`)
    const { blocks, bsize, bfree } = await statfs(system.data)
    const missing = blocks * bsize * FILLED - (blocks - bfree) * bsize
    if (blocks * bsize > MOST)
      throw new Error(
        `the disk under ${system.data} has ${Math.round((blocks * bsize) / 1e9)} GB, and others may live on it: start the system on a small ` +
          'one (mount -t tmpfs -o size=2g tmpfs DIR; npm start -- --data DIR) and name it with --data',
      )
    const file = join(system.data, BALLAST)
    const handle = await open(file, 'w', 0o600)
    try {
      for (let written = 0; written < missing; written += CHUNK.length) await handle.write(CHUNK)
    } finally {
      await handle.close()
    }
    return {
      shows: `the disk under ${system.data} is ${percent(await used(system.data))} full`,
      look: [`df -h ${system.data}`, `du -sh ${system.data}/*`, `${system.url}/topics`],
      mend: async () => {
        await rm(file)
        const now = await used(system.data)
        if (now > FULL) throw new Error(`the disk is ${percent(now)} full without it`)
        await ended(system, await system.place(), 'completed')
        return `the disk is ${percent(now)} full, and an order has completed`
      },
    }
  },
}

const used = async (folder: string): Promise<number> => {
  const { blocks, bfree } = await statfs(folder)
  return (blocks - bfree) / blocks
}

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`
