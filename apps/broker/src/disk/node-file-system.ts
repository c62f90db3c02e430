import fs from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { File, FileSystem, Lock } from './file-system.ts'
import { SyncPace } from './sync-pace.ts'

const readAsync = promisify(fs.read)
const writevAsync = promisify(fs.writev)
const fdatasync = promisify(fs.fdatasync)

/** The real disk. */
export class NodeFileSystem implements FileSystem {
  private readonly pace = new SyncPace()

  mkdir(path: string): void {
    fs.mkdirSync(path, { recursive: true })
  }

  readdir(path: string): string[] {
    try {
      return fs.readdirSync(path)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  size(path: string): number | undefined {
    return fs.statSync(path, { throwIfNoEntry: false })?.size
  }

  open(path: string): File {
    return new NodeFile(fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644), this.pace)
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to)
  }

  remove(path: string): Promise<void> {
    return fs.promises.rm(path, { force: true })
  }

  removeDirectory(path: string): Promise<void> {
    return fs.promises.rm(path, { recursive: true, force: true })
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = await fs.promises.open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  bootId(): string | undefined {
    try {
      return fs.readFileSync(BOOT_ID, 'utf8').trim()
    } catch {
      // Only Linux has it.
      return undefined
    }
  }

  /**
   * Node has no flock. SQLite does take a lock that the kernel drops when the process dies, however it dies, and that
   * other containers on the same volume see; a file with a process id in it has neither property.
   */
  lock(path: string): Lock | undefined {
    fs.mkdirSync(dirname(path), { recursive: true })
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (error) {
      database.close()
      if (String(error).includes('database is locked')) return undefined
      throw error
    }
    return { release: () => database.close() }
  }
}

class NodeFile implements File {
  constructor(
    private readonly fd: number,
    private readonly pace: SyncPace,
  ) {}

  readSync(buffer: Buffer, position: number): number {
    let total = 0
    while (total < buffer.length) {
      const read = fs.readSync(this.fd, buffer, total, buffer.length - total, position + total)
      if (read === 0) break
      total += read
    }
    return total
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    let total = 0
    while (total < buffer.length) {
      const { bytesRead } = await readAsync(this.fd, buffer, total, buffer.length - total, position + total)
      if (bytesRead === 0) break
      total += bytesRead
    }
    return total
  }

  writeSync(buffers: Buffer[], position: number): void {
    for (let rest = buffers, at = position; rest.length > 0; ) {
      const written = fs.writevSync(this.fd, rest.slice(0, MAX_IOVECS), at)
      at += written
      rest = skip(rest, written)
    }
  }

  async write(buffers: Buffer[], position: number): Promise<void> {
    for (let rest = buffers, at = position; rest.length > 0; ) {
      const { bytesWritten } = await writevAsync(this.fd, rest.slice(0, MAX_IOVECS), at)
      at += bytesWritten
      rest = skip(rest, bytesWritten)
    }
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.fd, size)
  }

  async sync(bytes = Infinity): Promise<void> {
    if (this.pace.isQuick(bytes)) this.pace.run(() => fs.fdatasyncSync(this.fd))
    else await fdatasync(this.fd)
  }

  close(): void {
    fs.closeSync(this.fd)
  }
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** IOV_MAX on Linux and macOS. */
const MAX_IOVECS = 1024

/** What is left of `buffers` after a write that may have been short. */
function skip(buffers: Buffer[], bytes: number): Buffer[] {
  let index = 0
  let left = bytes
  while (index < buffers.length && left >= buffers[index]!.length) left -= buffers[index++]!.length
  if (left === 0) return buffers.slice(index)
  return [buffers[index]!.subarray(left), ...buffers.slice(index + 1)]
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
