import { FrameParser } from '#libs/kafka-protocol'
import type { Slot } from './answer-queue.ts'
import type { ConnectionActivity } from './connection-activity.ts'
import type { BudgetReader, MemoryBudget } from './memory-budget.ts'
import { ReceivedMemory } from './received-memory.ts'

/** What a connection may hold of requests though memory is exhausted. */
const ALLOWANCE_BYTES = 64 * 1024

/** What one client sends, until it is answered: the frames that wait to be begun, and the memory that all of it holds. */
export class IncomingFrames {
  private readonly parser: FrameParser
  private readonly memory = new ReceivedMemory()
  private readonly waiting: Buffer[] = []
  /** Bytes of requests that have been received and not been answered. */
  private held = 0

  constructor(
    private readonly budget: MemoryBudget,
    private readonly activity: ConnectionActivity,
    maxBytes: number,
  ) {
    this.parser = new FrameParser(maxBytes)
  }

  /** Frames that are not begun. */
  get length(): number {
    return this.waiting.length
  }

  /** Bytes of a frame that is not complete. */
  get unfinished(): number {
    return this.parser.unfinished
  }

  set maxBytes(bytes: number) {
    this.parser.maxBytes = bytes
  }

  /** Throws `MalformedError` for what cannot be a frame. */
  push(chunk: Buffer): void {
    this.activity.received(chunk.length, this.parser.unfinished > 0)
    this.memory.add(chunk)
    this.held += chunk.length
    this.budget.take(chunk.length)
    this.parser.push(chunk, this.accept)
  }

  /** The oldest that is not begun. */
  next(): Buffer {
    return this.waiting.shift()!
  }

  /** Frees the memory of requests that are answered, and returns what of the budget they held: to be released last. */
  finish(answered: readonly Slot[]): number {
    let bytes = 0
    for (const { frame, isKept } of answered) {
      bytes += frame.length + 4
      this.memory.finish(frame, isKept)
    }
    this.held -= bytes
    return bytes
  }

  /** Memory is short, and here is more of it than a little; `reader` is resumed when it may go on. */
  mustWait(reader: BudgetReader): boolean {
    const { budget } = this
    const isComplete = this.parser.unfinished === 0
    if (isComplete) budget.finished(reader)
    if (this.held <= ALLOWANCE_BYTES || !budget.exhausted) return false
    if (!isComplete && budget.mayExceed(reader)) return false
    budget.wait(reader)
    return true
  }

  /** Drops everything, and returns what of the budget it held. */
  clear(): number {
    const { held } = this
    this.held = 0
    this.waiting.length = 0
    this.parser.clear()
    return held
  }

  private readonly accept = (frame: Buffer): void => {
    this.waiting.push(frame)
    this.activity.frameEnded()
  }
}
