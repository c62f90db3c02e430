import { dirname } from 'node:path'
import type { LastStop } from '../disk/damage.ts'
import type { File, FileSystem } from '../disk/file-system.ts'
import { type CommitTarget, GroupCommit } from '../disk/group-commit.ts'
import { replaceFile } from '../log/atomic-file.ts'
import { StorageError } from '../log/log-error.ts'
import type { Report } from '../log/report.ts'
import { journalDamage } from './journal-damage.ts'
import { encodeFrame, readFrames } from './journal-frames.ts'

/**
 * A durable sequence of small records for the broker's own state (topics, group offsets, members): on open every
 * surviving entry is replayed in order, then entries are appended with group commit.
 *
 * The file is a row of frames, one per `append`: length, CRC, then each entry with its length. A torn end is cut off
 * at open; what is no tear but damage is for the operator to decide on.
 */
export class Journal {
  /** Bytes in the file, to decide when to compact. */
  size: number
  /** Size just after the last compaction (or at open when there was none). */
  compactedSize: number
  private pending: Buffer[] = []
  private accepted = 0
  private written = 0
  private failure: StorageError | undefined
  private readonly commit: GroupCommit
  /** Writes wait for a compaction; a compaction waits for a sync before it closes the file under it. */
  private compacting: Promise<void> | undefined
  private syncing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly fs: FileSystem,
    private readonly path: string,
    private file: File,
    size: number,
    private readonly report: Report,
  ) {
    this.size = size
    this.compactedSize = size
    this.commit = new GroupCommit(this.target(), 0)
  }

  /** Throws DamagedFileError, and changes nothing, when the file lacks what it certainly had. */
  static async open(
    fs: FileSystem,
    path: string,
    replay: (entry: Buffer) => void,
    report: Report = () => {},
    lastStop: LastStop = 'POWER_CUT',
  ): Promise<Journal> {
    fs.mkdir(dirname(path))
    const file = fs.open(path)
    const bytes = Buffer.allocUnsafe(fs.size(path) ?? 0)
    file.readSync(bytes, 0)
    const end = readFrames(bytes, 0, replay)
    const damage = journalDamage(path, bytes, end, lastStop)
    if (damage !== undefined) {
      file.close()
      throw damage
    }
    if (end < bytes.length) file.truncate(end)
    // Without this, bytes cut off here could come back after the next crash, behind what is written in their place.
    await file.sync()
    await fs.syncDirectory(dirname(path))
    return new Journal(fs, path, file, end, report)
  }

  /** All or nothing: after a crash either every one of `entries` is replayed or none. Rejects with StorageError. */
  append(entries: readonly Buffer[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (entries.length === 0) return this.commit.durable(this.accepted)
    this.pending.push(encodeFrame(entries))
    const end = ++this.accepted
    this.commit.accepted()
    return this.commit.durable(end)
  }

  /**
   * Replaces the content by `snapshot()`, which is called in this turn unless a compaction is under way, and must
   * reflect every entry appended until then, durable or not. Entries appended meanwhile wait for it. Crash-safe: a
   * restart finds the old content or the new.
   *
   * One that was asked for because the journal had failed brings in what was refused then. When it does not succeed the
   * journal has failed once more, even if a compaction before it did and entries were accepted since: they would follow
   * a gap.
   */
  async compact(snapshot: () => Iterable<Buffer>): Promise<void> {
    const { healthy } = this
    while (this.compacting !== undefined) await this.compacting.catch(() => {})
    const frames = Array.from(snapshot(), (entry) => encodeFrame([entry]))
    const covered = this.accepted
    const uncovered = this.pending
    const before = this.file
    this.pending = []
    this.compacting = this.replace(frames).then(
      () => {
        this.written = covered
        this.failure = undefined
      },
      (error) => {
        // If the old file is still in use, what the snapshot was to cover goes back in front of the queue.
        if (this.file === before) this.pending = [...uncovered, ...this.pending]
        const failure = this.storageError('compacting', error)
        if (!healthy) this.failure ??= failure
        throw failure
      },
    )
    try {
      await this.compacting
    } finally {
      this.compacting = undefined
      this.commit.accepted()
    }
    await this.commit.durable(covered)
  }

  /** False after a failed write or sync: only a compaction makes it accept entries again. */
  get healthy(): boolean {
    return this.failure === undefined
  }

  /** Rejects, with the file closed, when it lacks something that the state reflects. */
  async close(): Promise<void> {
    await this.compacting?.catch(() => {})
    try {
      if (this.failure !== undefined) throw this.failure
      await this.commit.durable(this.accepted)
    } finally {
      this.file.close()
    }
  }

  private target(): CommitTarget {
    const written = () => this.written
    return {
      get written() {
        return written()
      },
      write: () => this.compacting?.catch(() => {}).then(() => this.write()) ?? this.write(),
      sync: async () => {
        const end = this.written
        const sync = this.file.sync()
        this.syncing = sync.catch(() => {})
        await sync
        return end
      },
      // Whoever appended has moved on, so without these entries those that follow would make no sense.
      writeFailed: (error) => {
        this.pending = []
        this.written = this.accepted
        this.failure = this.storageError('writing', error)
        try {
          this.file.truncate(this.size)
        } catch {
          // Harmless: the next frame is written over what the failed one left, and no rest of a frame has a right CRC.
        }
        return this.failure
      },
      // After a failed sync the content of the file is unknown, so nothing more may be acknowledged on top of it.
      syncFailed: (error) => {
        this.failure = this.storageError('syncing', error)
        return this.failure
      },
    }
  }

  private write(): void {
    if (this.failure !== undefined) throw this.failure
    const buffers = this.pending
    const end = this.accepted
    this.file.writeSync(buffers, this.size)
    this.pending = []
    this.size += buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    this.written = end
  }

  private storageError(doing: string, cause: unknown): StorageError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.report('error', `${doing} a journal failed`, { path: this.path, reason })
    return new StorageError(`${doing} ${this.path} failed: ${reason}`, { cause })
  }

  private async replace(frames: Buffer[]): Promise<void> {
    await replaceFile(this.fs, this.path, async (file) => {
      file.truncate(0)
      await file.write(frames, 0)
      await file.sync()
    })
    try {
      this.use(this.fs.open(this.path), frames)
      await this.fs.syncDirectory(dirname(this.path))
    } catch (error) {
      // Which of the two files a restart would find is unknown.
      this.failure = this.storageError('syncing the directory of', error)
      throw error
    }
  }

  private use(file: File, frames: readonly Buffer[]): void {
    const old = this.file
    this.file = file
    this.size = frames.reduce((sum, buffer) => sum + buffer.length, 0)
    this.compactedSize = this.size
    void this.syncing.then(() => old.close())
  }
}
