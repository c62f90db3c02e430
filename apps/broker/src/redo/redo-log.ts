import type { FileSystem } from '../disk/file-system.ts'
import { RedoFile, type RedoSource } from './redo-file.ts'
import { encodeForget, encodeFrame, type RedoEntry, total } from './redo-frame.ts'

export interface RedoNote extends RedoEntry {
  readonly source: RedoSource
  /** The bytes are not looked at any more. */
  release(): void
}

const FILE_BYTES = 32 * 1024 * 1024
export const REDO_FILES = ['redo-0', 'redo-1']

/**
 * Makes what was appended to many files durable with one sync: their bytes are written here as well, and after a crash
 * from here into the files again (`redo-recovery.ts`). The files themselves are synced later, when the half of the redo
 * log that speaks of them is to be used again; a file that is not yet done then makes `append` say no, and whoever
 * asked syncs for himself, as without a redo log.
 *
 * What is noted is where bytes are in a file, so noting twice does no harm; but a file that something else takes the
 * place of must be forgotten first.
 */
export class RedoLog {
  private files: [RedoFile, RedoFile] | undefined
  private preparing = false
  private broken = false
  private abandoning: Promise<void> | undefined
  private active = 0
  private generation = 1
  private turns: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly fs: FileSystem,
    private readonly directory: string,
    private readonly report: (reason: string) => void,
    private readonly fileBytes = FILE_BYTES,
  ) {}

  get ready(): boolean {
    return this.files !== undefined && !this.broken
  }

  /** Makes the files; a broker that never has many busy partitions at once never needs them. */
  async prepare(): Promise<void> {
    if (this.preparing) return
    this.preparing = true
    try {
      const create = (name: string) => RedoFile.create(this.fs, `${this.directory}/${name}`, this.fileBytes)
      const files = [await create(REDO_FILES[0]!), await create(REDO_FILES[1]!)] as [RedoFile, RedoFile]
      await this.fs.syncDirectory(this.directory)
      files[0].reuse(this.generation)
      this.files = files
    } catch (error) {
      this.report(String(error))
      // On a disk that is full it must not take what room there is.
      await this.remove().catch(() => {})
    }
  }

  /** True when the notes are on the device; false when there was no room. Rejects when the disk refuses. */
  append(notes: readonly RedoNote[]): Promise<boolean> {
    return this.inTurn(async () => {
      if (!this.ready) return false
      const file = this.fileFor(notes.reduce((sum, { path, bytes }) => sum + total(bytes) + path.length + 64, 64))
      if (file === undefined) return false
      const frame = encodeFrame({ generation: file.generation, index: file.frames }, notes)
      const paths = notes.map(({ path }) => path)
      const sources = notes.map(({ source }) => source)
      await this.guarded(() => file.append(frame, total(frame), paths, sources))
      return true
    })
  }

  /**
   * From now on nothing noted so far about this file, or about those in this directory (with a slash at the end), is
   * done again after a crash. To be called before another file can take such a name; what is noted after the call
   * stands. When that cannot be noted, the redo log is given up and removed, which has the same effect; rejects when the
   * disk refuses that as well, and then the name must not be used again.
   */
  forget(path: string): Promise<void> {
    return this.inTurn(async () => {
      const { files } = this
      if (files === undefined || !files.some((file) => file.speaksOf(path))) return
      try {
        if (this.broken) throw new Error('the redo log is not used any more')
        const file = this.fileFor(path.length + 64) ?? (await this.nextFile(files))
        const frame = encodeForget({ generation: file.generation, index: file.frames }, path)
        await this.guarded(() => file.append(frame, total(frame), [], []))
      } catch {
        await this.abandon()
      }
    })
  }

  /** After everything was synced: without the files a start has nothing to do again. */
  async close(clean: boolean): Promise<void> {
    await this.turns.catch(() => {})
    const { files } = this
    this.files = undefined
    for (const file of files ?? []) file.close()
    if (files !== undefined && clean) await this.remove()
  }

  private async remove(): Promise<void> {
    for (const name of REDO_FILES) await this.fs.remove(`${this.directory}/${name}`)
    await this.fs.syncDirectory(this.directory)
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turns.then(work)
    this.turns = turn.catch(() => {})
    return turn
  }

  /** The active file, or the other one when that is free; undefined when it is not. */
  private fileFor(bytes: number): RedoFile | undefined {
    const files = this.files!
    const active = files[this.active]!
    if (active.hasRoom(bytes)) return active
    const other = files[1 - this.active]!
    // It was begun when this one became active; after a failure it is tried again.
    if (!other.released) void other.drain().catch(() => {})
    if (!other.released || bytes > other.size) return undefined
    this.active = 1 - this.active
    other.reuse(++this.generation)
    void active.drain().catch(() => {})
    return other
  }

  private async nextFile(files: [RedoFile, RedoFile]): Promise<RedoFile> {
    await files[1 - this.active]!.drain()
    const file = this.fileFor(files[0].size)
    if (file === undefined) throw new Error('the redo log has no room')
    return file
  }

  /** After one failure nothing is noted any more. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.broken = true
      this.report(String(error))
      this.abandon().catch((again: unknown) => this.report(String(again)))
      throw error
    }
  }

  /** What was noted stands until the files are synced that it is about; then a start must not find it. */
  private abandon(): Promise<void> {
    this.abandoning ??= this.giveUp().finally(() => {
      this.abandoning = undefined
    })
    return this.abandoning
  }

  private async giveUp(): Promise<void> {
    this.broken = true
    for (const file of this.files ?? []) await file.drain()
    const { files } = this
    if (files === undefined) return
    await this.remove()
    if (this.files === undefined) return
    this.files = undefined
    for (const file of files) file.close()
  }
}
