import type { RedoLog, RedoNote } from '../redo/redo-log.ts'

/** One file that takes part in rounds. */
export interface RoundMember {
  /** Appends that wait for the device. */
  readonly waiting: number
  /** Makes what is written durable, and resolves to how many appends that has served. Never rejects. */
  sync(): Promise<number>
  /** The same by way of the redo log, for what is written now; undefined where only a sync of the file will do. */
  note(): NoteOfMember | undefined
}

export interface NoteOfMember {
  readonly note: RedoNote
  /** The note is on the device; returns how many appends that has served. */
  readonly isDurable: () => number
}

/** The longest that a sync is put off for others to share it. A timer cannot do less. */
const GATHER_MS = 1
/** A file that has much to bring to the device keeps the others waiting no longer than this. */
const ROUND_MS = 20
/** Fewer files are synced sooner than noted. */
const MIN_NOTES = 3
const MAX_NOTED_BYTES = 4 * 1024 * 1024
/** Rounds with so many files before a redo log is worth its room on the disk. */
const ROUNDS_BEFORE_REDO = 50

/**
 * Brings many files to the device together. One producer's request has batches for a dozen partitions, and a journalling
 * file system writes its journal once for all that ask at the same time, but once for each that asks by itself: so the
 * files that somebody waits for are synced in rounds, and what was written during one round is part of the next.
 *
 * Whoever was just answered tends to come back at once. Begun with the first of them, a round would leave the others to
 * the one after it: so it waits, for a moment at most, until there are as many as the last one served. A single client
 * that has one append under way never waits.
 */
export class CommitRounds {
  private writes: (() => void)[] = []
  private readonly ready = new Set<RoundMember>()
  private running = false
  /** Appends that the last round made durable. */
  private served = 0
  private endGathering: (() => void) | undefined
  private busyRounds = 0

  constructor(
    private readonly redo?: RedoLog,
    private readonly roundsBeforeRedo = ROUNDS_BEFORE_REDO,
  ) {}

  /** All writes of one turn of the event loop are done together, before it is asked whether they are enough for a round. */
  writeSoon(write: () => void): void {
    if (this.writes.push(write) === 1) setImmediate(this.writeAll)
  }

  /** The member has appends that are written and wait for the device. */
  join(member: RoundMember): void {
    this.ready.add(member)
    if (this.writes.length === 0) this.begin()
  }

  private readonly writeAll = (): void => {
    for (let i = 0; i < this.writes.length; i++) this.writes[i]!()
    this.writes = []
    this.begin()
  }

  private begin(): void {
    if (this.ready.size === 0) return
    if (!this.running) void this.run()
    else if (this.endGathering !== undefined && this.isGathered()) this.endGathering()
  }

  private async run(): Promise<void> {
    this.running = true
    while (this.ready.size > 0) {
      if (!this.isGathered()) await this.gather()
      const members = [...this.ready]
      this.ready.clear()
      await this.round(members)
    }
    this.running = false
  }

  private async round(members: readonly RoundMember[]): Promise<void> {
    let served = 0
    const noted = members.length >= MIN_NOTES ? this.notesOf(members) : NO_NOTES
    const syncs = members
      .filter((member) => !noted.has(member))
      .map((member) =>
        member.sync().then((appends) => {
          served += appends
        }),
      )
    if (noted.size > 0) {
      const appended = this.append(noted).then((appends) => {
        served += appends
      })
      syncs.push(appended)
    }
    if (syncs.length === 1) await syncs[0]
    else await atMost(ROUND_MS, Promise.all(syncs))
    this.served = served
  }

  /** Those whose bytes go into the redo log. */
  private notesOf(members: readonly RoundMember[]): Notes {
    const { redo } = this
    if (redo === undefined) return NO_NOTES
    if (!redo.ready) {
      if (this.busyRounds++ === this.roundsBeforeRedo) void redo.prepare()
      return NO_NOTES
    }
    const notes = new Map<RoundMember, NoteOfMember>()
    let bytes = 0
    for (const member of members) {
      if (bytes > MAX_NOTED_BYTES) break
      const noted = member.note()
      if (noted === undefined) continue
      notes.set(member, noted)
      for (const { length } of noted.note.bytes) bytes += length
    }
    return notes
  }

  /** Without room in the redo log, or when it fails, the files are synced after all. */
  private async append(noted: Notes): Promise<number> {
    const notes = [...noted.values()]
    const isDurable = await this.redo!.append(notes.map(({ note }) => note)).catch(() => false)
    for (const { note } of notes) note.release()
    let served = 0
    if (isDurable) for (const { isDurable } of notes) served += isDurable()
    else for (const appends of await Promise.all([...noted.keys()].map((member) => member.sync()))) served += appends
    return served
  }

  private isGathered(): boolean {
    let waiting = 0
    for (const member of this.ready) waiting += member.waiting
    return waiting >= this.served
  }

  private async gather(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      this.endGathering = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.endGathering = undefined
  }
}

type Notes = ReadonlyMap<RoundMember, NoteOfMember>
const NO_NOTES: Notes = new Map()

function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
