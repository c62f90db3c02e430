/** How far one partition is taken up and how far it is done, where records are worked on side by side. */
export class PartitionProgress {
  /** In the order in which they were taken up. */
  readonly #underWay = new Set<number>()

  /** @param next the offset to be read from. */
  constructor(public next: number) {}

  /** Every record before this one is done: whoever takes over begins here. */
  get done(): number {
    const [first] = this.#underWay
    return first ?? this.next
  }

  /** Takes up the record at this offset, behind all that were before. Answers what must be called when it is done. */
  begin(offset: number): () => void {
    this.#underWay.add(offset)
    this.next = offset + 1
    return () => this.#underWay.delete(offset)
  }
}
