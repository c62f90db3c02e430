import { setImmediate as nextTurn } from 'node:timers/promises'
import { CommitRounds } from '../disk/commit-rounds.ts'
import type { LastStop } from '../disk/damage.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { Limit } from '../disk/limit.ts'
import { SharedSync } from '../disk/shared-sync.ts'
import { Journal } from '../journal/journal.ts'
import { RedoLog } from '../redo/redo-log.ts'
import { dropRedo, redo } from '../redo/redo-recovery.ts'
import { BlockPool } from './block-pool.ts'
import { LogCleaner } from './compaction/log-cleaner.ts'
import { DataDirectory } from './data-directory.ts'
import type { LogConfig } from './log-config.ts'
import { StorageError } from './log-error.ts'
import { loadLog } from './log-loader.ts'
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
const DEFAULT_CLEANER_BYTES = 128 * 1024 * 1024

/** All logs of one data directory. */
export class LogManager {
  private readonly open = new Map<string, PartitionLog>()
  /** Directories of partitions, open or not. */
  private readonly onDisk = new Set<string>()
  /** Partitions that are gone, and that the redo log may still have notes about. */
  private readonly unforgotten = new Set<string>()
  private readonly journals: Journal[] = []
  /** Who has sent what was read gives it back. */
  readonly blocks = new BlockPool()
  private readonly tails: TailCache
  /** All partitions go to the device together. */
  private readonly rounds: CommitRounds
  private readonly redoLog: RedoLog
  private readonly report: Report
  private readonly cleaner: LogCleaner
  /** Each may read a MiB at a time, and syncs directories, for which others' data would have to wait. */
  private readonly opening = new Limit(OPENED_TOGETHER)
  private readonly logsSync: SharedSync
  private deletions = 0

  private constructor(
    private readonly options: LogManagerOptions,
    private readonly directory: DataDirectory,
  ) {
    this.logsSync = new SharedSync(() => options.fs.syncDirectory(this.logsPath))
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
    for (const name of options.fs.readdir(manager.logsPath)) {
      if (name.endsWith(DELETED)) await options.fs.removeDirectory(`${manager.logsPath}/${name}`)
      else if (/-\d+$/.test(name)) manager.onDisk.add(name)
    }
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

  /** Opens (recovering if need be) or creates. Durable when it resolves. Thousands may be asked for at once. */
  openPartition(topic: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    return this.opening.run(() => this.openNow(topic, partition, config))
  }

  private async openNow(topic: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    const name = `${topic}-${partition}`
    if (this.open.has(name)) throw new Error(`partition ${name} is already open`)
    const { fs, now } = this.options
    const directory = `${this.logsPath}/${name}`
    const isNew = !this.onDisk.has(name)
    this.onDisk.add(name)
    fs.mkdir(directory)
    const recovered = await loadLog({
      ...{ fs, directory, indexInterval: config.indexIntervalBytes, now: now() },
      ...{ leaderEpoch: this.leaderEpoch, lastStop: this.lastStop },
    })
    if (isNew) await this.logsSync.run()
    if (recovered.truncatedBytes > 0) {
      const { truncatedBytes, endOffset } = recovered
      this.report('warn', 'a torn end was cut off the log', { topic, partition, truncatedBytes, endOffset })
    }
    const { tails, blocks, rounds, leaderEpoch, report } = this
    const forget = (path: string) => this.redoLog.forget(path)
    const context = {
      ...{ fs, directory, name: `logs/${name}`, now, tails, blocks, rounds, leaderEpoch, report, forget },
    }
    const log = new PartitionLog(topic, partition, config, context, recovered)
    this.open.set(name, log)
    return log
  }

  /**
   * A new partition, empty whatever is on disk under its name. Refused with StorageError while notes about a partition of
   * the same name are still in the redo log: a crash would write its predecessor's records into it.
   */
  async createPartition(topic: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    const name = `${topic}-${partition}`
    if (this.unforgotten.has(name)) await this.forget(name)
    if (this.onDisk.has(name)) await this.deletePartition(topic, partition)
    return this.openPartition(topic, partition, config)
  }

  /** The open partition, if any. */
  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.open.get(`${topic}-${partition}`)
  }

  partitions(): Iterable<PartitionLog> {
    return this.open.values()
  }

  /** Closes the log (waking its listeners) and removes its files; crash-safe. */
  async deletePartition(topic: string, partition: number): Promise<void> {
    const { fs } = this.options
    const name = `${topic}-${partition}`
    const log = this.open.get(name)
    this.open.delete(name)
    await log?.discard()
    if (!this.onDisk.delete(name)) return
    // Renamed first, so that a topic of the same name may be created while the files go away.
    const doomed = `${this.logsPath}/${name}.${this.deletions++}${DELETED}`
    // Begun before the name is free, so that it does not concern whoever takes it.
    const forgotten = this.forget(name).catch(() => {})
    try {
      fs.rename(`${this.logsPath}/${name}`, doomed)
    } catch (error) {
      this.onDisk.add(name)
      throw error
    }
    await fs.syncDirectory(this.logsPath)
    await forgotten
    await fs.removeDirectory(doomed)
  }

  /** Rejects with StorageError when the redo log still has notes about the partition. */
  private async forget(name: string): Promise<void> {
    this.unforgotten.add(name)
    try {
      await this.redoLog.forget(`logs/${name}/`)
    } catch (error) {
      throw new StorageError(`what the redo log notes about ${name} could not be dropped`, { cause: error })
    }
    this.unforgotten.delete(name)
  }

  /** Partitions on disk that nobody opened: leftovers of a creation or deletion that a crash cut short. */
  strays(): { readonly topic: string; readonly partition: number }[] {
    return [...this.onDisk]
      .filter((name) => !this.open.has(name))
      .map((name) => {
        const dash = name.lastIndexOf('-')
        return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) }
      })
  }

  /** Whether a partition that is not open has no records. */
  isEmpty(topic: string, partition: number): boolean {
    const directory = `${this.logsPath}/${topic}-${partition}`
    const { fs } = this.options
    return fs.readdir(directory).every((name) => !name.endsWith('.log') || fs.size(`${directory}/${name}`) === 0)
  }

  /** Keeps the files of a partition that is not open under another name, for somebody to look at. */
  async setAside(topic: string, partition: number): Promise<void> {
    const { fs } = this.options
    const name = `${topic}-${partition}`
    const taken = new Set(fs.readdir(this.logsPath))
    let aside = `${name}${STRAY}`
    for (let number = 1; taken.has(aside); number++) aside = `${name}.${number}${STRAY}`
    this.onDisk.delete(name)
    fs.rename(`${this.logsPath}/${name}`, `${this.logsPath}/${aside}`)
    await fs.syncDirectory(this.logsPath)
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

const DELETED = '.deleted'
const STRAY = '.stray'
