import type { TopicRecord } from '../../reader/records-in.ts'

/** By the protocol's numbers. */
export const Acknowledgement = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const
export type Acknowledgement = (typeof Acknowledgement)[keyof typeof Acknowledgement]

/** Which record of which partition. */
export interface Place {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

/** A record that is ours for now: no other member of the group is given it before it is given back or its lock runs out. */
export class Delivery {
  readonly #lost = new AbortController()
  /** On the steady clock: when its lock was acquired or renewed last. */
  lockedAt = performance.now()
  #isOpen = true

  constructor(
    readonly place: Place,
    readonly record: TopicRecord,
    /** How often the broker has given it to somebody, this time included. */
    readonly count: number,
    /** Why nothing can be made of the batch that it is in. */
    readonly damage: string | undefined,
    private readonly acknowledge: (delivery: Delivery, how: Acknowledgement) => void,
  ) {}

  /** Aborted when the lock is lost: it is somebody else's now, or nobody's. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** It was not acknowledged yet, and is ours as far as we know. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** It is done with: never delivered again. Lost acknowledgements are not told. */
  accept(): void {
    this.#settle(Acknowledgement.accept)
  }

  /** It is somebody else's turn, at once. */
  release(): void {
    this.#settle(Acknowledgement.release)
  }

  lose(): void {
    this.#isOpen = false
    this.#lost.abort(new LockLost('the lock of the message could not be kept'))
  }

  #settle(how: Acknowledgement): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.acknowledge(this, how)
  }
}

/** Somebody else may have the message. */
export class LockLost extends Error {
  override readonly name = 'LockLost'
}
