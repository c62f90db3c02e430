import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { ArchiveStore } from './archive-store.ts'

const HALF = '.half'
/** Nobody writes one file for so long: whoever began it is dead. Milliseconds. */
const ABANDONED_MS = 10 * 60 * 1_000

/** A file is written under a name of its own and then linked to the one that it is to have, which is atomic and never replaces. */
export class FolderStore implements ArchiveStore {
  constructor(readonly place: string) {}

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    const path = join(this.place, name)
    const half = `${path}.${randomUUID()}${HALF}`
    await mkdir(dirname(path), { recursive: true })
    try {
      const file = await open(half, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await link(half, path)
      await syncFolder(dirname(path))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      await unlink(half).catch(() => {})
    }
  }

  read(name: string): Promise<Buffer> {
    return readFile(join(this.place, name))
  }

  async list(prefix: string): Promise<string[]> {
    const all = await this.#files()
    return all.filter((name) => name.startsWith(prefix) && !name.endsWith(HALF)).sort()
  }

  async sweep(): Promise<number> {
    let count = 0
    for (const name of await this.#files()) {
      if (!name.endsWith(HALF)) continue
      const path = join(this.place, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (mtimeMs > Date.now() - ABANDONED_MS) continue
      await unlink(path).catch(() => {})
      count++
    }
    return count
  }

  async #files(): Promise<string[]> {
    const entries = await readdir(this.place, { recursive: true, withFileTypes: true }).catch(() => [])
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.place, join(entry.parentPath, entry.name)).split(sep).join('/'))
  }
}

/** What a crash of the machine must not undo is that there is a file of that name. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
