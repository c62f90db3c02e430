import { setImmediate as turn } from 'node:timers/promises'
import type { ArchiveStore } from '#libs/archive'
import type { Database } from '#libs/database'
import { GroupMembership, type KafkaOptions, TopicReader } from '#libs/messaging'
import { StateLimitExceeded } from '#libs/stream-tasks'
import { topology } from '../domain/topology.ts'
import { STREAM_GROUP } from '../shop-topology.ts'
import { addToWindows } from '../sink/add-to-windows.ts'
import { type Claim, holdClaim, renewClaim } from '../sql/rebuilds.ts'
import { archivedEvents, type Reach, reachOf, type Stretch, topicEvents } from './event-source.ts'
import { Recomputation } from './recomputation.ts'
import { resultEnds, sinkHasPassed } from './result-positions.ts'
import { switchGeneration } from './switch-generation.ts'

export interface RebuildParts {
  readonly database: Database
  readonly kafka: KafkaOptions
  readonly archive: ArchiveStore | undefined
  /** Of state, as of the running topology. */
  readonly maxEntries: number
  readonly signal: AbortSignal
}

/** Records between two turns of the others in this process. */
const SLICE = 250
/** What is gathered for one transaction of the database: sums and entries of sketches. */
const MOST_GATHERED = 20_000
const RENEW_MS = 1_000
/** So near the running topology a rebuild switches; it does in the end however fast that runs ahead of it. */
const NEAR = 5_000
const MOST_ROUNDS = 20

/**
 * Fills a generation of the windows from all events that there are, and makes it the one that is served.
 *
 *     archive ──▶ ┐                          ┌──▶ windows of the new generation, as seconds are closed
 *                 ├──▶ the topology's tasks ─┤
 *     topic ────▶ ┘                          └──▶ open seconds ─┐
 *     up to what the running topology has committed ────────────┴──▶ one transaction: the switch
 */
export class RebuildRun {
  readonly #reader: TopicReader
  readonly #group: GroupMembership
  readonly #begunAt = Date.now()
  #work: Recomputation
  #reach: Reach
  #ofEvents = 0
  #renewedAt = performance.now()

  private constructor(
    private readonly parts: RebuildParts,
    private readonly claim: Claim,
  ) {
    const { brokers, clientId } = parts.kafka
    this.#reader = new TopicReader({ brokers, clientId, readCommitted: true })
    // It asks what the group has committed, and never joins it.
    const group = { groupId: STREAM_GROUP, topic: topology.from, instanceId: 'rebuild' }
    this.#group = new GroupMembership({ brokers, clientId, ...group })
    this.#reach = { starts: new Map(), archived: new Set(), since: 0 }
    this.#work = new Recomputation(0, this.#begunAt)
  }

  /** @throws ClaimLost, when it was cancelled or another process has taken it over */
  static async work(parts: RebuildParts, claim: Claim): Promise<void> {
    const run = new RebuildRun(parts, claim)
    try {
      await run.#fill()
    } finally {
      run.#reader.close()
      run.#group.close()
    }
  }

  async #fill(): Promise<void> {
    const { archive } = this.parts
    const ofArchive = this.claim.source === 'archive' ? archive : undefined
    // What was written before this version said how far it reaches is behind the sink when it switches.
    const before = await resultEnds(this.#reader)
    this.#reach = await reachOf(this.#reader, ofArchive, this.#begunAt)
    this.#work = new Recomputation(this.#reach.since, this.#begunAt)
    for (const [partition, first] of this.#reach.starts) this.#work.begin(partition, first)
    // The archive may be ahead of the running topology; where that has committed is where both can be held together.
    const committed = await this.#committed()
    if (ofArchive !== undefined)
      for await (const stretch of archivedEvents(ofArchive, this.#reach, committed)) await this.#take(stretch)
    for (let round = 0; round < MOST_ROUNDS && (await this.#follow()) > NEAR; round++);
    await sinkHasPassed(this.parts.database, before, () => this.#renew())
    await this.#switch()
  }

  /** Up to what the running topology has committed; answers how many records that were. */
  async #follow(): Promise<number> {
    const before = this.#done()
    const committed = await this.#committed()
    for await (const stretch of topicEvents(this.#reader, this.#work.positions, committed)) await this.#take(stretch)
    return this.#done() - before
  }

  async #switch(): Promise<void> {
    // Every result before these positions knows no more than what is committed now, and so no more than the rebuild.
    const ends = await resultEnds(this.#reader)
    await this.#follow()
    await this.#store()
    const { generation } = this.claim
    const panes = this.#work.close()
    const floors = Object.fromEntries(this.#work.positions)
    const changes = this.#work.takeChanges()
    const next = { generation, since: this.#reach.since, floors }
    await this.parts.database.transaction((tx) => switchGeneration(tx, this.claim, { next, changes, panes, ends }))
  }

  async #take({ partition, records, next }: Stretch): Promise<void> {
    // Partitions may have been added.
    if (!this.#work.positions.has(partition)) this.#work.begin(partition, 0)
    for (let first = 0; first < records.length; first += SLICE) {
      this.#work.process(partition, records.slice(first, first + SLICE))
      await turn()
    }
    this.#work.settle(partition, next)
    this.parts.signal.throwIfAborted()
    const { entries } = this.#work
    if (entries > this.parts.maxEntries) throw new StateLimitExceeded('rebuild', entries, this.parts.maxEntries)
    if (this.#work.size >= MOST_GATHERED) await this.#store()
    await this.#renew()
  }

  async #store(): Promise<void> {
    const changes = this.#work.takeChanges()
    await this.parts.database.transaction(async (tx) => {
      await holdClaim(tx, this.claim)
      await addToWindows(tx, this.claim.generation, changes)
    })
  }

  async #renew(): Promise<void> {
    if (performance.now() - this.#renewedAt < RENEW_MS) return
    await renewClaim(this.parts.database, this.claim, { events: this.#done(), ofEvents: this.#ofEvents })
    this.#renewedAt = performance.now()
  }

  /** What the running topology's results know, once no transaction is open that would move it. */
  async #committed(): Promise<ReadonlyMap<number, number>> {
    const count = await this.#reader.partitionCount(topology.from)
    const committed = await this.#group.committed(Array.from({ length: count }, (_, partition) => partition))
    this.#ofEvents = 0
    for (const [partition, next] of committed)
      this.#ofEvents += Math.max(0, next - (this.#reach.starts.get(partition) ?? 0))
    return committed
  }

  #done(): number {
    let done = 0
    for (const [partition, next] of this.#work.positions) done += next - (this.#reach.starts.get(partition) ?? 0)
    return done
  }
}
