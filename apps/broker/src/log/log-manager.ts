import { setImmediate as nextTurn } from 'node:timers/promises'
import { CommitRounds } from '../disk/commit-rounds.ts'
import type { LastStop } from '../disk/damage.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { Limit } from '../disk/limit.ts'
import { Journal } from '../journal/journal.ts'
import { RedoLog } from '../redo/redo-log.ts'
import { dropRedo, redo } from '../redo/redo-recovery.ts'
import { BlockPool } from './block-pool.ts'
import { LogCleaner } from './compaction/log-cleaner.ts'
import { DataDirectory } from './data-directory.ts'
import type { LogConfig } from './log-config.ts'
import { loadLog } from './log-loader.ts'
import { allOf } from './outcomes.ts'
import { directoryName, PartitionDirectories, type PartitionName, partitionOf } from './partition-directories.ts'
import { PartitionLog } from './partition-log.ts'
import type { Report } from './report.ts'
import { TailCache } from './tail-cache.ts'

export interface LogManagerOptions {
  readonly fs: FileSystem
  readonly dataDir: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Disk trouble and recoveries are told here, one sentence each. */
  readonly report?: Report
  /** Upper bound for batches kept in memory for live consumers, all partitions together. Default 32 MiB. */
  readonly tailBytes?: number
  /** Size of each of the redo log's two files, and how many rounds with several partitions come before there is one. */
  readonly redo?: { readonly bytes: number; readonly afterRounds: number }
  /** Upper bound for the memory of compaction (`log.cleaner.dedupe.buffer.size`). Default 128 MiB. */
  readonly cleanerBytes?: () => number
}

const DEFAULT_TAIL_BYTES = 32 * 1024 * 1024
const OPENED_TOGETHER = 32
const CLOSED_TOGETHER = 8
const MAINTAINED_IN_A_TURN = 100
/** Each syncs directories: fewer than there are threads for the disk, of which data must always find one. */
const CREATED_TOGETHER = 3
const DELETED_TOGETHER = 2
const DEFAULT_CLEANER_BYTES = 128 * 1024 * 1024

interface WantedPartition extends PartitionName {
  readonly config: LogConfig
}

/** All logs of one data directory. */
export class LogManager {
  private readonly open = new Map<string, PartitionLog>()
  private directories!: PartitionDirectories
  private readonly journals: Journal[] = []
  /** Who has sent what was read gives it back. */
  readonly blocks = new BlockPool()
  private readonly tails: TailCache
  /** All partitions go to the device together. */
  private readonly rounds: CommitRounds
  private readonly redoLog: RedoLog
  private readonly report: Report
  private readonly cleaner: LogCleaner
  /** Each may read a MiB at a time. */
  private readonly opening = new Limit(OPENED_TOGETHER)
  private readonly creating = new Limit(CREATED_TOGETHER)
  private readonly deleting = new Limit(DELETED_TOGETHER)

  private constructor(
    private readonly options: LogManagerOptions,
    private readonly directory: DataDirectory,
  ) {
    this.tails = new TailCache(options.tailBytes ?? DEFAULT_TAIL_BYTES, this.blocks)
    this.report = options.report ?? (() => {})
    const reportRedo = (reason: string) =>
      this.report('error', 'the redo log failed and is not used any more', { reason })
    this.redoLog = new RedoLog(options.fs, options.dataDir, reportRedo, options.redo?.bytes)
    this.rounds = new CommitRounds(this.redoLog, options.redo?.afterRounds)
    this.cleaner = new LogCleaner({
      logs: () => this.open.values(),
      now: options.now,
      report: this.report,
      mapBytes: options.cleanerBytes ?? (() => DEFAULT_CLEANER_BYTES),
    })
  }

  /**
   * Takes the directory: refuses with a clear Error when another broker holds it or its format is of another version.
   * Partitions are opened one by one with `openPartition`, after the caller has learnt its topics from a journal.
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const manager = new LogManager(options, await DataDirectory.open(options.fs, options.dataDir))
    options.fs.mkdir(manager.logsPath)
    if (manager.lastStop === 'CLEAN') await dropRedo(options.fs, options.dataDir)
    else {
      const files = await redo(options.fs, options.dataDir)
      if (files > 0) manager.report('info', 'what the redo log had noted was written again', { files })
    }
    await options.fs.syncDirectory(options.dataDir)
    if (manager.lastStop !== 'CLEAN') await options.fs.syncDirectory(manager.logsPath)
    manager.directories = await PartitionDirectories.open(options.fs, manager.logsPath)
    return manager
  }

  /** Grows with every unclean start, so clients notice that the log may have lost its unsynced end. */
  get leaderEpoch(): number {
    return this.directory.leaderEpoch
  }

  /** How the broker before this one ended. */
  get lastStop(): LastStop {
    return this.directory.lastStop
  }

  /** Replays the surviving entries of `DIR/<name>.journal`, in order, before it resolves. */
  async openJournal(name: string, replay: (entry: Buffer) => void): Promise<Journal> {
    const { fs, dataDir } = this.options
    const journal = await Journal.open(fs, `${dataDir}/${name}.journal`, replay, this.report, this.lastStop)
    this.journals.push(journal)
    return journal
  }

  /** Opens (recovering if need be) or creates. Durable when it resolves. */
  async openPartition(topic: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    return allOf(await this.openPartitions([{ topic, partition, config }]))[0]!
  }

  /**
   * The same for many, a few at a time: recovery takes memory, and the directories that have to be synced must not keep
   * all threads from syncing data. Resolves with an outcome for each.
   */
  async openPartitions(wanted: readonly WantedPartition[]): Promise<PromiseSettledResult<PartitionLog>[]> {
    let isAnyNew = false
    const open = async (one: WantedPartition) => {
      const name = directoryName(one)
      if (this.open.has(name)) throw new Error(`partition ${name} is already open`)
      if (this.directories.create(name)) isAnyNew = true
      const log = await this.load(one)
      this.open.set(name, log)
      return log
    }
    const limitOf = (one: WantedPartition) => (this.directories.has(directoryName(one)) ? this.opening : this.creating)
    const outcomes = await Promise.allSettled(wanted.map((one) => limitOf(one).run(() => open(one))))
    if (isAnyNew) {
      const [synced] = await Promise.allSettled([this.directories.sync()])
      if (synced.status === 'rejected') return wanted.map(() => synced)
    }
    return outcomes
  }

  private async load({ topic, partition, config }: WantedPartition): Promise<PartitionLog> {
    const { fs, now } = this.options
    const name = directoryName({ topic, partition })
    const directory = `${this.logsPath}/${name}`
    const recovered = await loadLog({
      ...{ fs, directory, indexInterval: config.indexIntervalBytes, now: now() },
      ...{ leaderEpoch: this.leaderEpoch, lastStop: this.lastStop },
    })
    if (recovered.truncatedBytes > 0) {
      const { truncatedBytes, endOffset } = recovered
      this.report('warn', 'a torn end was cut off the log', { topic, partition, truncatedBytes, endOffset })
    }
    const { tails, blocks, rounds, leaderEpoch, report } = this
    const forget = (path: string) => this.redoLog.forget(path)
    const context = {
      ...{ fs, directory, name: `logs/${name}`, now, tails, blocks, rounds, leaderEpoch, report, forget },
    }
    return new PartitionLog(topic, partition, config, context, recovered)
  }

  /** The open partition, if any. */
  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.open.get(`${topic}-${partition}`)
  }

  partitions(): Iterable<PartitionLog> {
    return this.open.values()
  }

  /** Closes the log (waking its listeners) and removes its files; crash-safe. */
  deletePartition(topic: string, partition: number): Promise<void> {
    return this.deletePartitions(topic, partition, partition + 1)
  }

  /**
   * The same for all of the topic from `from` to below `to`. Until it resolves their names must not be used again; when
   * it rejects, it may be tried again.
   */
  async deletePartitions(topic: string, from: number, to: number): Promise<void> {
    const names = Array.from({ length: to - from }, (_, i) => directoryName({ topic, partition: from + i }))
    const doomed = await Promise.allSettled(names.map((name) => this.deleting.run(() => this.condemn(name))))
    // Before the files go, so that a crash does not find a directory that has lost some of them.
    await this.directories.sync()
    for (const { value } of doomed.filter((one) => one.status === 'fulfilled')) {
      if (value !== undefined) await this.directories.remove(value)
    }
    allOf(doomed)
  }

  /** Renamed first, so that another topic may take the name while the files go away. */
  private async condemn(name: string): Promise<string | undefined> {
    await this.open.get(name)?.discard()
    this.open.delete(name)
    if (!this.directories.has(name)) return undefined
    // What the redo log has of these files would otherwise be done again in those of a successor.
    await this.redoLog.forget(`logs/${name}/`)
    return this.directories.condemn(name)
  }

  /** Partitions on disk that nobody opened: leftovers of a creation or deletion that a crash cut short. */
  strays(): PartitionName[] {
    return [...this.directories.all()].filter((name) => !this.open.has(name)).map(partitionOf)
  }

  /** Whether a partition that is not open has no records. */
  isEmpty(topic: string, partition: number): boolean {
    return this.directories.isEmpty(directoryName({ topic, partition }))
  }

  /** Keeps the files of a partition that is not open under another name, for somebody to look at. */
  async setAside(topic: string, partition: number): Promise<void> {
    const aside = await this.directories.setAside(directoryName({ topic, partition }))
    this.report('warn', 'a partition of no known topic holds records and was set aside', { topic, partition, aside })
  }

  /** Retention, segment age, recovery checkpoint, idle file handles. Call it every few seconds, or on a test's clock. */
  async maintain(): Promise<void> {
    for (const [index, log] of [...this.open.values()].entries()) {
      if (index % MAINTAINED_IN_A_TURN === MAINTAINED_IN_A_TURN - 1) await nextTurn()
      if (log.closed) continue
      await log.maintain().catch((error: unknown) => this.reportFailure('maintaining', log, error))
    }
  }

  /** Compacts the logs that are dirty enough, one after the other. Call it every `log.cleaner.backoff.ms`. */
  compact(): Promise<void> {
    return this.cleaner.run()
  }

  /** Flushes everything and leaves the mark of a clean stop, unless something could not be flushed. */
  async close(): Promise<void> {
    let clean = true
    const closing = this.open.values()
    const closeSome = async () => {
      for (const log of closing) {
        await log.close().catch((error: unknown) => {
          clean = false
          this.reportFailure('closing', log, error)
        })
        clean &&= log.healthy
      }
    }
    // Each waits for the device several times, so a few together take less time.
    await Promise.all(Array.from({ length: CLOSED_TOGETHER }, closeSome))
    await this.cleaner.stop()
    this.open.clear()
    for (const journal of this.journals) {
      await journal.close().catch((error: unknown) => {
        clean = false
        this.report('error', 'closing a journal failed', { reason: String(error) })
      })
    }
    await this.redoLog.close(clean).catch((error: unknown) => {
      clean = false
      this.report('error', 'removing the redo log failed', { reason: String(error) })
    })
    await this.directory.close(clean)
  }

  /** Lets go of a directory whose content was refused, as it was found. */
  async abandon(): Promise<void> {
    const logs = [...this.open.values()]
    this.open.clear()
    for (const log of logs) await log.discard()
    for (const journal of this.journals) await journal.close().catch(() => {})
    await this.redoLog.close(false)
    await this.directory.giveBack()
  }

  private get logsPath(): string {
    return `${this.options.dataDir}/logs`
  }

  private reportFailure(doing: string, { topic, partition }: PartitionLog, error: unknown): void {
    this.report('error', `${doing} a log failed`, { topic, partition, reason: String(error) })
  }
}
