import { setTimeout as delay } from 'node:timers/promises'
import { streamTopics } from '#libs/contracts'
import type { Database } from '#libs/database'
import { type KafkaOptions, TopicReader, type TopicRecord } from '#libs/messaging'
import { createLogger, fields, Outage } from '#libs/observability'
import { type PaneResult, readResultKey } from '../domain/pane.ts'
import { topology } from '../domain/topology.ts'
import { readPositions } from '../sql/sink-positions.ts'
import { resultSlices } from './result-slices.ts'
import { OutOfDate, type Result, storeResults } from './store-results.ts'

/** Results of a second are corrected many times in it: the newest is enough. */
const PAUSE_MS = 200
const WAIT_MS = 500
const LIMITS = { waitMs: WAIT_MS, maxBytes: 2 * 1024 * 1024, partitionBytes: 512 * 1024 }
const AGAIN_MS = 500
/** In a transaction at most: it holds all of them in memory, and works on them in one go. */
const MOST_RESULTS = 500

/**
 * Stores the results in the database. It needs no consumer group: how far it has come lies beside what it stored. Who
 * works on the partition of that number of the source reads a partition of the results, so that one process does; should
 * two do it for a moment, the database lets one.
 */
export class ResultSink {
  readonly #log = createLogger('sink')
  readonly #outage = new Outage(this.#log, 'storing results')
  readonly #reader: TopicReader
  readonly #stopping = new AbortController()
  readonly #positions = new Map<number, number>()
  #running: Promise<void> | undefined

  constructor(
    private readonly database: Database,
    kafka: KafkaOptions,
    /** The partitions of the source that this process works on. */
    private readonly owned: () => readonly number[],
  ) {
    this.#reader = new TopicReader({ ...kafka, readCommitted: true })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    // What is being read is read again by whoever goes on; what is being stored is waited for.
    this.#reader.close()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#step()
        this.#outage.over()
      } catch (error) {
        this.#positions.clear()
        if (error instanceof OutOfDate)
          this.#log.info('the place is taken from the database', { [fields.error]: error })
        else this.#outage.failed(error)
        await this.#pause(AGAIN_MS)
      }
    }
  }

  async #step(): Promise<void> {
    await this.#share()
    if (this.#positions.size === 0) return this.#pause(WAIT_MS)
    const positions = Array.from(this.#positions, ([partition, offset]) => ({ topic: topology.to, partition, offset }))
    let hasMoved = false
    for (const { records, moves } of resultSlices(await this.#reader.read(positions, LIMITS), MOST_RESULTS)) {
      await this.database.transaction((tx) => storeResults(tx, resultsIn(records), moves))
      for (const { partition, to } of moves) this.#positions.set(partition, to)
      hasMoved = true
      if (this.#stopping.signal.aborted) return
    }
    if (hasMoved) await this.#pause(PAUSE_MS)
  }

  /** Partitions that are not ours any more are left, new ones are begun where the database says. */
  async #share(): Promise<void> {
    const mine = this.owned().filter((partition) => partition < streamTopics[topology.to].partitions)
    for (const partition of this.#positions.keys()) if (!mine.includes(partition)) this.#positions.delete(partition)
    const missing = mine.filter((partition) => !this.#positions.has(partition))
    if (missing.length === 0) return
    for (const [partition, next] of await readPositions(this.database, missing)) this.#positions.set(partition, next)
  }

  #pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

const resultsIn = (records: readonly TopicRecord[]): Result[] =>
  records.map(({ key, value }) => ({
    ...readResultKey(String(key)),
    result: value === null ? null : (JSON.parse(value.toString()) as PaneResult),
  }))
