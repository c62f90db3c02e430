import type { RelayConnection } from './relay-connection.ts'
import { SLOTS } from './slot.ts'
import { countMembers, joinMembers, leaveMembers, lockSlots, unlockSlots } from './sql/slot-locks.ts'

const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)

/**
 * This relay's share of the slots: as many as everybody else's, rounded up, so that together they hold all of them. A
 * slot is locked by at most one session, and the server frees the locks of a session that ends, however it ends.
 */
export class SlotShare {
  #held: number[] = []
  #heldSet: ReadonlySet<number> = new Set()

  private constructor(private readonly connection: RelayConnection) {}

  static async join(connection: RelayConnection): Promise<SlotShare> {
    await joinMembers(connection)
    return new SlotShare(connection)
  }

  get slots(): readonly number[] {
    return this.#held
  }

  /** Whoever holds all is notified of a newcomer; whoever does not has to look for slots that a dead relay left. */
  get complete(): boolean {
    return this.#held.length === SLOTS
  }

  holds(slot: number): boolean {
    return this.#heldSet.has(slot)
  }

  /** Gives up what is too much or takes what is free. Nothing of a slot given up may be on its way. */
  async rebalance(): Promise<void> {
    const members = await countMembers(this.connection)
    const fair = Math.ceil(SLOTS / Math.max(members, 1))
    const surplus = this.#held.slice(fair)
    if (surplus.length > 0) {
      this.#hold(this.#held.slice(0, fair))
      await unlockSlots(this.connection, surplus)
    } else if (this.#held.length < fair) {
      const others = ALL.filter((slot) => !this.holds(slot))
      this.#hold([...this.#held, ...(await lockSlots(this.connection, others, fair - this.#held.length))])
    }
  }

  async leave(): Promise<void> {
    this.#hold([])
    await leaveMembers(this.connection)
  }

  #hold(slots: number[]): void {
    this.#held = slots
    this.#heldSet = new Set(slots)
  }
}
