import { basename, dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { File, FileSystem, Lock } from './file-system.ts'
import { MemoryFile } from './memory-file.ts'

type Operation = 'write' | 'sync' | 'open' | 'rename' | 'syncDirectory'
type Entries = Map<string, MemoryFile | MemoryDirectory>

class MemoryDirectory {
  live: Entries = new Map()
  durable: Entries = new Map()
  /** Changes since the last `syncDirectory`, oldest first: a journaling file system keeps some prefix of them. */
  pending: ((entries: Entries) => void)[] = []

  change(operation: (entries: Entries) => void): void {
    operation(this.live)
    this.pending.push(operation)
  }

  sync(): void {
    for (const operation of this.pending.splice(0)) operation(this.durable)
  }

  crash(random: () => number): void {
    const kept = Math.floor(random() * (this.pending.length + 1))
    for (const operation of this.pending.splice(0).slice(0, kept)) operation(this.durable)
    this.live = new Map(this.durable)
    for (const entry of this.live.values()) entry.crash(random)
  }
}

/**
 * A disk for tests that is as unkind as a real one. `crash` is a power cut: writes that were not synced survive
 * wholly, partly, as zeros or not at all, in any combination, and so do creations and renames of a directory that was
 * not synced. `kill` is the death of the process alone. Either way handles opened before are dead.
 */
export class MemoryFileSystem implements FileSystem {
  private readonly root = new MemoryDirectory()
  private readonly locks = new Set<string>()
  private life = 0
  private boots = 0

  /** Called before each operation; an errno such as ENOSPC returned here is what the operation fails with. */
  fail: (operation: Operation, path: string) => string | undefined = () => undefined

  crash(random: () => number): void {
    this.kill()
    this.boots++
    this.root.crash(random)
  }

  kill(): void {
    this.life++
    this.locks.clear()
  }

  mkdir(path: string): void {
    let directory = this.root
    for (const part of parts(path)) {
      const existing = directory.live.get(part)
      const next = existing ?? new MemoryDirectory()
      if (!(next instanceof MemoryDirectory)) throw errno('ENOTDIR', path)
      if (existing === undefined) directory.change((entries) => entries.set(part, next))
      directory = next
    }
  }

  readdir(path: string): string[] {
    const found = this.find(path)
    return found instanceof MemoryDirectory ? [...found.live.keys()] : []
  }

  size(path: string): number | undefined {
    const found = this.find(path)
    return found instanceof MemoryFile ? found.size : undefined
  }

  open(path: string): File {
    this.check('open', path)
    const parent = this.directory(dirname(path))
    let file = parent.live.get(basename(path))
    if (file === undefined) {
      const created = new MemoryFile()
      file = created
      parent.change((entries) => entries.set(basename(path), created))
    }
    if (file instanceof MemoryDirectory) throw errno('EISDIR', path)
    return this.handle(file, path)
  }

  rename(from: string, to: string): void {
    this.check('rename', from)
    if (dirname(from) !== dirname(to)) throw errno('EXDEV', from)
    const parent = this.directory(dirname(from))
    const moved = parent.live.get(basename(from))
    if (moved === undefined) throw errno('ENOENT', from)
    parent.change((entries) => {
      entries.delete(basename(from))
      entries.set(basename(to), moved)
    })
  }

  async remove(path: string): Promise<void> {
    this.directory(dirname(path)).change((entries) => entries.delete(basename(path)))
  }

  removeDirectory(path: string): Promise<void> {
    return this.remove(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.check('syncDirectory', path)
    this.directory(path).sync()
  }

  bootId(): string {
    return `boot ${this.boots}`
  }

  lock(path: string): Lock | undefined {
    if (this.locks.has(path)) return undefined
    this.locks.add(path)
    return { release: () => this.locks.delete(path) }
  }

  /** Direct access to a file's bytes, for tests that damage them. */
  file(path: string): MemoryFile {
    const found = this.find(path)
    if (found instanceof MemoryFile) return found
    throw errno('ENOENT', path)
  }

  private handle(file: MemoryFile, path: string): File {
    const born = this.life
    const alive = (operation?: Operation) => {
      if (this.life !== born) throw errno('EBADF', path)
      if (operation !== undefined) this.check(operation, path)
    }
    const writeSync = (buffers: Buffer[], position: number) => {
      const bytes = Buffer.concat(buffers)
      try {
        alive('write')
      } catch (error) {
        if (this.life === born) file.write(bytes.subarray(0, bytes.length >> 1), position)
        throw error
      }
      file.write(bytes, position)
    }
    const readSync = (buffer: Buffer, position: number) => {
      alive()
      return file.read(buffer, position)
    }
    return {
      readSync,
      writeSync,
      read: async (buffer, position) => {
        await nextTurn()
        return readSync(buffer, position)
      },
      write: async (buffers, position) => {
        await nextTurn()
        writeSync(buffers, position)
      },
      truncate: (size) => {
        alive()
        file.truncate(size)
      },
      sync: async () => {
        const writes = file.startSync()
        await nextTurn()
        try {
          alive('sync')
        } catch (error) {
          // Linux reports a failed write-back once and then calls the pages clean: a second sync would not retry.
          if (this.life === born) file.forget(writes)
          throw error
        }
        file.finishSync(writes)
      },
      close: () => {},
    }
  }

  private check(operation: Operation, path: string): void {
    const code = this.fail(operation, path)
    if (code !== undefined) throw errno(code, path)
  }

  private find(path: string): MemoryFile | MemoryDirectory | undefined {
    let found: MemoryFile | MemoryDirectory | undefined = this.root
    for (const part of parts(path)) found = found instanceof MemoryDirectory ? found.live.get(part) : undefined
    return found
  }

  private directory(path: string): MemoryDirectory {
    const found = this.find(path)
    if (found instanceof MemoryDirectory) return found
    throw errno('ENOENT', path)
  }
}

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

function errno(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}
