import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { advanceCheckpoints } from './sql/advance-checkpoints.ts'
import { loadCheckpoints } from './sql/load-checkpoints.ts'

/** One projection's way through one partition. */
export interface Place {
  readonly projection: string
  readonly topic: string
  readonly partition: number
}

/** How far each projection has come; moved on in the transaction that writes the projection's rows. */
export class Checkpoints implements Part {
  readonly #reads = new GatheredReads<Place>((places) => this.#read(places))
  readonly #loaded = new Map<string, bigint | null>()
  readonly #advanced = new Map<string, Advance>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that this checkpoint will be loaded, so that one statement reads it together with the others. */
  announce(place: Place): void {
    this.#reads.announce(identity(place), place)
  }

  /** The offset of the next record to project; 0 for a projection that has not begun. */
  async load(place: Place): Promise<bigint> {
    const id = identity(place)
    this.#reads.announce(id, place)
    await this.#reads.done()
    return this.#advanced.get(id)?.to ?? this.#loaded.get(id) ?? 0n
  }

  /**
   * Everything below offset `to` is projected. The checkpoint must have been loaded here: at the flush, one that
   * somebody else has moved since is a ConcurrencyConflict, so that no record is projected twice.
   */
  advance(place: Place, to: bigint): void {
    const id = identity(place)
    const from = this.#loaded.get(id)
    if (from === undefined) throw new Error(`checkpoint ${id} is advanced without having been loaded`)
    const reached = this.#advanced.get(id)?.to ?? from ?? 0n
    if (to > reached) this.#advanced.set(id, { ...place, from, to })
  }

  prefetch(): void {
    this.#reads.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#advanced.size === 0) return
    const advances = [...this.#advanced].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, advance]) => advance)
    const moved = await advanceCheckpoints(sql, advances, this.uow.now)
    if (moved !== advances.length) throw new ConcurrencyConflict('another transaction moved a checkpoint first')
  }

  async #read(places: readonly Place[]): Promise<void> {
    const found = await loadCheckpoints(this.uow, places)
    for (const place of places) this.#loaded.set(identity(place), null)
    for (const place of found) this.#loaded.set(identity(place), place.position)
  }
}

export interface Advance extends Place {
  /** Null when there was no checkpoint yet. */
  readonly from: bigint | null
  readonly to: bigint
}

const identity = ({ projection, topic, partition }: Place): string => `${projection}/${topic}/${partition}`
