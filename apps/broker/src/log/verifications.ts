interface Verification {
  /** By a producer that takes a new epoch with every transaction, and so begins each at sequence 0. */
  readonly adds: boolean
  readonly since: number
  epoch: number
  lowestSequence: number
}

/** Of so many producers that the coordinator knows and that want to begin here, those that came first are forgotten. */
const MAX_PRODUCERS = 10_000

/**
 * Producers that want to begin a transaction in this partition and have not been let in yet. Of batches that are under
 * way together, the first may have to be sent again; those behind it must wait until it is there, or it would be out of
 * order for ever.
 */
export class Verifications {
  private readonly byProducer = new Map<number, Verification>()

  begin(producerId: number, epoch: number, sequence: number, adds: boolean, now: number): void {
    const known = this.byProducer.get(producerId)
    if (known === undefined) {
      this.byProducer.set(producerId, { adds, since: now, epoch, lowestSequence: sequence })
      if (this.byProducer.size > MAX_PRODUCERS) this.byProducer.delete(this.byProducer.keys().next().value!)
    } else if (epoch > known.epoch) {
      known.epoch = epoch
      known.lowestSequence = sequence
    } else if (epoch === known.epoch) {
      known.lowestSequence = Math.min(known.lowestSequence, sequence)
    }
  }

  /** The highest sequence that may be written next; `isFirst`: nothing of the producer's epoch is remembered. */
  limit(producerId: number, isFirst: boolean): number {
    const known = this.byProducer.get(producerId)
    if (known === undefined) return Infinity
    return known.adds && isFirst ? 0 : known.lowestSequence
  }

  /** Something of the transaction is there. */
  written(producerId: number): void {
    this.byProducer.delete(producerId)
  }

  /** A transaction has ended; with a new epoch each time, the next one may already be on its way in. */
  ended(producerId: number, epoch: number): void {
    const known = this.byProducer.get(producerId)
    if (known !== undefined && !(known.adds && known.epoch === epoch)) this.byProducer.delete(producerId)
  }

  expire(now: number, expirationMs: number): void {
    for (const [producerId, { since }] of this.byProducer) {
      if (now - since >= expirationMs) this.byProducer.delete(producerId)
    }
  }
}
