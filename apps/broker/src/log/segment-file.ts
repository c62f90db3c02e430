import type { File, FileSystem } from '../disk/file-system.ts'

/** The segment was removed by retention, or its partition deleted, while somebody still meant to use it. */
export class RetiredSegmentError extends Error {
  override readonly name = 'RetiredSegmentError'
}

/**
 * The handle of a segment's file. It is opened on first use and closed again when idle, so thousands of quiet partitions
 * hold none.
 */
export class SegmentFile {
  private handle: File | undefined
  private users = 0
  private touched = false
  private retired = false

  constructor(
    private readonly fs: FileSystem,
    private readonly directory: string,
    /** Without the directory. */
    public name: string,
  ) {}

  get path(): string {
    return `${this.directory}/${this.name}`
  }

  /** The handle; valid within this turn only, `use` for longer. */
  get(): File {
    // Opening would create the file anew, perhaps in the directory of a successor of the same name.
    if (this.retired) throw new RetiredSegmentError(`${this.path} was removed`)
    this.touched = true
    this.handle ??= this.fs.open(this.path)
    return this.handle
  }

  /** Keeps the handle open until `work` is done. */
  async use<T>(work: (file: File) => Promise<T>): Promise<T> {
    this.users++
    try {
      return await work(this.get())
    } finally {
      this.users--
      if (this.retired) this.close()
    }
  }

  /** Closes the handle if nothing touched it since the last call, and returns whether that is so. */
  releaseIdle(): boolean {
    const isIdle = !this.touched
    if (isIdle) this.close()
    this.touched = false
    return isIdle
  }

  /** No new use will begin; the handle closes with the last one under way. */
  retire(): void {
    this.retired = true
    this.close()
  }

  /** Replaces whatever has this name. */
  rename(name: string): void {
    this.fs.rename(this.path, `${this.directory}/${name}`)
    this.name = name
  }

  /** The next use opens it again. */
  close(): void {
    if (this.users > 0 || this.handle === undefined) return
    this.handle.close()
    this.handle = undefined
  }
}
