import type { File, FileSystem } from '../disk/file-system.ts'

const ZEROS = 1024 * 1024

/** What has to be on the device before a redo file may be used again. */
export interface RedoSource {
  /** Resolves when the file that the entry is about is synced, or gone. */
  settle(): Promise<void>
}

/**
 * One of the two files of the redo log. It is written with zeros beforehand and then over and over, so that syncing it
 * never has to write a new file size to the file system's journal.
 */
export class RedoFile {
  generation = 0
  frames = 0
  used = 0
  /** All that its frames are about is on the device: it may be written from the start. */
  released = true
  /** Files that frames now on the device are about, and their directories with a slash at the end. */
  private paths = new Set<string>()
  private sources = new Set<RedoSource>()
  private draining: Promise<void> | undefined

  private constructor(
    private readonly file: File,
    readonly size: number,
  ) {}

  static async create(fs: FileSystem, path: string, size: number): Promise<RedoFile> {
    const file = fs.open(path)
    const zeros = Buffer.alloc(Math.min(ZEROS, size))
    for (let at = 0; at < size; at += zeros.length) await file.write([zeros.subarray(0, size - at)], at)
    await file.sync()
    return new RedoFile(file, size)
  }

  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.size
  }

  /** Durable when it resolves. */
  async append(frame: Buffer[], bytes: number, paths: readonly string[], sources: readonly RedoSource[]) {
    const isFirst = this.frames === 0
    const before = this.paths
    if (isFirst) {
      this.paths = new Set(before)
      this.released = false
    }
    addPaths(this.paths, paths)
    for (const source of sources) this.sources.add(source)
    this.file.writeSync(frame, this.used)
    await this.file.sync(bytes)
    this.used += bytes
    this.frames++
    // The frames of the generation before cannot be reached any more.
    if (isFirst) this.paths = addPaths(new Set(), paths)
  }

  /** `path`: of a file, or of a directory with a slash at the end. */
  speaksOf(path: string): boolean {
    return this.paths.has(path)
  }

  /** Begins anew; until the first frame is on the device, what there is of the generation before still counts. */
  reuse(generation: number): void {
    this.generation = generation
    this.frames = 0
    this.used = 0
    this.sources = new Set()
  }

  /** Syncs what its frames are about, a few files at a time; if the disk refuses, the file stays as it is. */
  drain(): Promise<void> {
    this.draining ??= this.settleAll().finally(() => {
      this.draining = undefined
    })
    return this.draining
  }

  private async settleAll(): Promise<void> {
    const left = this.sources.values()
    const settleSome = async () => {
      for (const source of left) await source.settle()
    }
    await Promise.all([settleSome(), settleSome()])
    this.released = true
  }

  close(): void {
    this.file.close()
  }
}

function addPaths(known: Set<string>, paths: readonly string[]): Set<string> {
  for (const path of paths) known.add(path).add(path.slice(0, path.lastIndexOf('/') + 1))
  return known
}
