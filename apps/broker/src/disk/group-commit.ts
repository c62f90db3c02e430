import type { RedoNote } from '../redo/redo-log.ts'
import { CommitRounds, type NoteOfMember, type RoundMember } from './commit-rounds.ts'

/** What a `GroupCommit` drives: positions are any number that only grows (offsets, entry counts). */
export interface CommitTarget {
  /** Everything below is in the page cache. A write that fails may have moved it. */
  readonly written: number
  /** Puts everything accepted so far into the page cache. */
  write(): void | Promise<void>
  /** Makes everything written so far durable; returns the position up to which that is true. */
  sync(): Promise<number>
  /** All that is written and not durable, for the redo log; undefined where it cannot do instead of a sync. */
  note?(): RedoNote | undefined
  /** Everything below is on the device; said before anybody who waits for it is told. */
  becameDurable?(end: number): void
  /** What is accepted and not `written` must be undone: everybody who waits for it is told of the error. */
  writeFailed(error: unknown): Error
  /**
   * Nobody knows what the device holds beyond the last good sync. Who waits for what is `written` is told of the error;
   * what still waits for its write is in use until that has ended.
   */
  syncFailed(error: unknown): Error
}

interface Waiter {
  readonly end: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Group commit of one file: all appends of one event-loop turn become one write, and all that were written while an
 * fdatasync was in flight share the next one. At most one write and one sync are under way, so a busy file batches by
 * itself and an idle one answers after a single sync. Files that share `rounds` are synced together.
 */
export class GroupCommit {
  private durableEnd: number
  private writing = false
  private syncing = false
  private dirty = false
  private awaitingWrite: Waiter[] = []
  private awaitingSync: Waiter[] = []
  private readonly member: RoundMember

  constructor(
    private readonly target: CommitTarget,
    start: number,
    private readonly rounds = new CommitRounds(),
  ) {
    this.durableEnd = start
    const waiting = () => this.awaitingSync.length
    this.member = {
      get waiting() {
        return waiting()
      },
      sync: () => this.sync(),
      note: () => this.note(),
    }
  }

  /** Somebody waits for more than the page cache. */
  get hasSyncWaiters(): boolean {
    return this.awaitingSync.length > 0
  }

  get durablePosition(): number {
    return this.durableEnd
  }

  /** Something was accepted. */
  accepted(): void {
    if (this.dirty) return
    this.dirty = true
    if (!this.writing) this.rounds.writeSoon(this.write)
  }

  written(end: number): Promise<void> {
    if (end <= this.target.written) return Promise.resolve()
    return new Promise((resolve, reject) => this.awaitingWrite.push({ end, resolve, reject }))
  }

  durable(end: number): Promise<void> {
    if (end <= this.durableEnd) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.awaitingSync.push({ end, resolve, reject })
      this.joinRound()
    })
  }

  private readonly write = async (): Promise<void> => {
    this.writing = true
    while (this.dirty) {
      this.dirty = false
      try {
        const writing = this.target.write()
        if (writing !== undefined) await writing
      } catch (error) {
        this.writeFailed(error)
      }
      this.awaitingWrite = settle(this.awaitingWrite, this.target.written)
    }
    this.writing = false
    this.joinRound()
  }

  /** Some of it may have been written: that stands. */
  private writeFailed(error: unknown): void {
    const { written } = this.target
    const failure = this.target.writeFailed(error)
    const isWritten = ({ end }: Waiter) => end <= written
    this.awaitingWrite = reject(this.awaitingWrite, isWritten, failure)
    this.awaitingSync = reject(this.awaitingSync, isWritten, failure)
  }

  /** A sync that is under way joins again when it is over. */
  private joinRound(): void {
    if (this.syncing || !this.awaitingSync.some((waiter) => waiter.end <= this.target.written)) return
    this.rounds.join(this.member)
  }

  private async sync(): Promise<number> {
    this.syncing = true
    let served = 0
    try {
      served = this.becameDurable(await this.target.sync())
    } catch (error) {
      const { written } = this.target
      this.awaitingSync = reject(this.awaitingSync, ({ end }) => end > written, this.target.syncFailed(error))
    }
    this.syncing = false
    this.joinRound()
    return served
  }

  private note(): NoteOfMember | undefined {
    const note = this.target.note?.()
    if (note === undefined) return undefined
    const end = this.target.written
    this.syncing = true
    const isDurable = () => {
      const served = this.becameDurable(end)
      this.syncing = false
      this.joinRound()
      return served
    }
    return { note, isDurable }
  }

  private becameDurable(end: number): number {
    this.durableEnd = end
    this.target.becameDurable?.(end)
    const waited = this.awaitingSync.length
    this.awaitingSync = settle(this.awaitingSync, end)
    return waited - this.awaitingSync.length
  }
}

function settle(waiters: Waiter[], end: number): Waiter[] {
  const left: Waiter[] = []
  for (const waiter of waiters) {
    if (waiter.end <= end) waiter.resolve()
    else left.push(waiter)
  }
  return left
}

/** Everybody but those. */
function reject(waiters: Waiter[], isSpared: (waiter: Waiter) => boolean, error: Error): Waiter[] {
  const left: Waiter[] = []
  for (const waiter of waiters) {
    if (isSpared(waiter)) left.push(waiter)
    else waiter.reject(error)
  }
  return left
}
