import type { AnyMessage } from '#libs/contracts'
import type { Part, PartClass, Sql, UnitOfWork } from '#libs/database'
import { Checkpoints } from './checkpoints.ts'
import { Knowledge } from './known-versions.ts'
import type { Projection, Rows } from './projection.ts'
import { type KnownVersion, readKnownVersions } from './sql/read-known-versions.ts'
import { FED } from './versions.ts'

/** What the checkpoints of the live feed are called: one way through the topics for all projections. */
export const LIVE = 'live'

export interface FeedPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** The live feed of these projections, as a part of a unit of work. */
export const feedOf = (projections: readonly Projection[]): PartClass<Feed> =>
  class extends Feed {
    constructor(uow: UnitOfWork) {
      super(uow, projections)
    }
  }

/** A version within one unit of work. */
interface Fed {
  readonly known: KnownVersion
  readonly projection: Projection
  readonly rows: Rows
}

/**
 * Brings messages to every version of every projection that is fed, in the transaction that moves the checkpoint on.
 *
 * Which versions those are is read in the same transaction: a message that was fetched after a version had begun to join
 * is written to it, and everything before is filled from the topics. A message that comes out of line (a parked one that
 * is tried again, one that is delivered again) may lie behind what a version was filled with: it goes to all of them.
 *
 * What the process knows of versions from before is used to read their rows in the same round trip.
 */
export class Feed implements Part {
  readonly #knowledge: Knowledge
  readonly #announced: AnyMessage[] = []
  #versions: readonly Fed[]
  #asked: Promise<void> | undefined
  #count = 0

  constructor(
    private readonly uow: UnitOfWork,
    private readonly projections: readonly Projection[],
  ) {
    this.#knowledge = Knowledge.of(uow.database)
    this.#versions = this.#withRows(this.#knowledge.versions)
  }

  announce(message: AnyMessage, { topic, partition }: FeedPosition): void {
    this.uow.part(Checkpoints).announce({ projection: LIVE, topic, partition })
    this.#announced.push(message)
    for (const version of this.#versions) if (isFed(version)) announceTo(version, message)
  }

  prefetch(): void {
    this.#ask().catch(() => {})
    for (const { rows } of this.#versions) rows.prefetch()
  }

  async apply(message: AnyMessage, { topic, partition, offset }: FeedPosition): Promise<void> {
    await this.#ask()
    const checkpoints = this.uow.part(Checkpoints)
    const place = { projection: LIVE, topic, partition }
    const outOfLine = offset < (await checkpoints.load(place))
    for (const version of this.#versions)
      if (version.projection.types.has(message.type) && (outOfLine || isFed(version))) await version.rows.apply(message)
    checkpoints.advance(place, offset + 1n)
    this.#count++
  }

  /** Table by table in one order for everybody, so that two writers wait instead of deadlocking. */
  async flush(sql: Sql): Promise<void> {
    await Promise.all(this.#versions.map(({ rows }) => rows.flush(sql)))
    this.uow.afterCommit(() => this.#knowledge.fed(this.#count))
  }

  /** Resolves when the versions are known as of this transaction, and what was announced is asked for in all that are fed. */
  #ask(): Promise<void> {
    this.#asked ??= this.#read()
    return this.#asked
  }

  async #read(): Promise<void> {
    const before = new Map(this.#versions.map((version) => [nameOf(version.known), version]))
    const known = await readKnownVersions(this.uow)
    this.#knowledge.learn(known)
    this.#versions = this.#withRows(known, before)
    for (const version of this.#versions) {
      const earlier = before.get(nameOf(version.known))
      if (!isFed(version) || (earlier !== undefined && isFed(earlier))) continue
      for (const message of this.#announced) announceTo(version, message)
      version.rows.prefetch()
    }
  }

  #withRows(known: readonly KnownVersion[], before?: ReadonlyMap<string, Fed>): Fed[] {
    return known.flatMap((one) => {
      const projection = this.projections.find(({ name }) => name === one.projection)
      if (projection === undefined) return []
      const rows = before?.get(nameOf(one))?.rows ?? projection.rows(this.uow, one.version)
      return { known: one, projection, rows }
    })
  }
}

const isFed = ({ known }: Fed): boolean => FED.has(known.state)

const announceTo = ({ projection, rows }: Fed, message: AnyMessage): void => {
  if (projection.types.has(message.type)) rows.announce(message)
}

const nameOf = ({ projection, version }: KnownVersion): string => `${projection}@${version}`
