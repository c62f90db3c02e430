import type { Topic, WireRecord } from '#libs/contracts'

/** Names the partition that a key's records go to: what has one name arrives in order, and is away together. */
export type Partitioner = (topic: string, key: string) => string

/** The way to the broker. */
export interface Publisher {
  /**
   * Resolves when the broker has all records, in order per partition; rejects when that cannot be said of some of them.
   * `acknowledged` is called with the places (from 0) of records that it has, as soon as that is known: they stay
   * acknowledged whatever becomes of the others. Behind a record of a partition that is not acknowledged none is. Calls
   * may overlap as long as no partition has records in two of them.
   */
  publish(
    records: readonly { readonly topic: Topic; readonly record: WireRecord }[],
    acknowledged?: (places: readonly number[]) => void,
  ): Promise<void>
  /** As partitions are known at this moment. Without it every topic counts as one partition. */
  partitioner?(): Partitioner
}
