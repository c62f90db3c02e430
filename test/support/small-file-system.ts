import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, statfs, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallFileSystem extends AsyncDisposable {
  readonly path: string
  /** Leaves this many bytes of room; `Infinity` gives all of it back. */
  leave(bytes: number): Promise<void>
}

/** Tries to take the room of a file system that is being written to. */
const RESERVATIONS = 10

const mount = (path: string, bytes: number): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Appends pages until there is no room for another. */
const writeUntilRefused = async (path: string, pageBytes: number): Promise<void> => {
  const page = Buffer.alloc(pageBytes)
  for (;;) {
    try {
      await appendFile(path, page)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}

/** Takes all but `room` in one file. Others write meanwhile, and by more than a page: what is there is asked anew then. */
const reserve = async (path: string, ballast: string, room: number): Promise<number> => {
  for (let attempt = 1; ; attempt++) {
    const { bavail, bsize } = await statfs(path)
    const margin = room === 0 ? 2 ** 20 : 0
    const size = Math.max(0, bavail * bsize - room - margin)
    try {
      execFileSync('fallocate', ['-l', String(Math.max(bsize, size)), ballast], { stdio: 'ignore' })
      return size
    } catch (error) {
      if (attempt === RESERVATIONS) throw error
      await rm(ballast, { force: true })
    }
  }
}

/** A real file system of its own, of this size, at `folder` or a new one; undefined where mounting is not allowed. */
export const smallFileSystem = async (bytes: number, folder?: string): Promise<SmallFileSystem | undefined> => {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'waybill-small-')))
  await mkdir(path, { recursive: true })
  if (!mount(path, bytes)) {
    await rm(path, { recursive: true })
    return undefined
  }
  const ballast = join(path, 'ballast')
  return {
    path,
    leave: async (room) => {
      await rm(ballast, { force: true })
      if (room === Number.POSITIVE_INFINITY) return
      const size = await reserve(path, ballast, room)
      if (room === 0) await writeUntilRefused(ballast, (await statfs(path)).bsize)
      else await truncate(ballast, size)
    },
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['-l', path])
      await rm(path, { recursive: true })
    },
  }
}

/** Whether tests that need one can run here; skipped tests say why in their names. */
export const canMount = async (): Promise<boolean> => {
  const probe = await smallFileSystem(65_536)
  await probe?.[Symbol.asyncDispose]()
  return probe !== undefined
}
