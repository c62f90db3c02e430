/** A response in its place in the order of the requests; empty until it is known. */
export interface Slot {
  /** The request. */
  readonly frame: Buffer
  /** Something of the request's bytes may stay in use after the answer. */
  readonly isKept: boolean
  answer: readonly Buffer[] | undefined
}

type Answered = Slot & { readonly answer: readonly Buffer[] }
const NONE: readonly Answered[] = []

/** The answers of one connection, which leave in the order of their requests whatever the order they come in. */
export class AnswerQueue {
  readonly #slots: Slot[] = []

  get length(): number {
    return this.#slots.length
  }

  /** A place behind all others. */
  expect(frame: Buffer, isKept: boolean): Slot {
    const slot: Slot = { frame, isKept, answer: undefined }
    this.#slots.push(slot)
    return slot
  }

  /** Takes out all whose turn it is. */
  takeReady(): readonly Answered[] {
    let count = 0
    while (this.#slots[count]?.answer !== undefined) count++
    return count === 0 ? NONE : (this.#slots.splice(0, count) as Answered[])
  }
}
