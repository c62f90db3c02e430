import type { Socket } from 'node:net'
import type { BlockPool } from '../log/block-pool.ts'
import { AnswerQueue, type Slot } from './answer-queue.ts'
import type { ConnectionActivity } from './connection-activity.ts'
import type { IncomingFrames } from './incoming-frames.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { SendQueue } from './send-queue.ts'

export interface OutgoingAnswersParts {
  readonly socket: Socket
  readonly blocks: BlockPool
  readonly budget: MemoryBudget
  readonly activity: ConnectionActivity
  /** Where the requests came in. */
  readonly incoming: IncomingFrames
  /** The client has taken some of what it was sent. */
  readonly onTaken: () => void
}

/** What one client is answered: in the order of its requests, and until it has taken it. */
export class OutgoingAnswers {
  private readonly answers = new AnswerQueue()
  private readonly queue: SendQueue
  private isOver = false

  constructor(private readonly parts: OutgoingAnswersParts) {
    this.queue = new SendQueue(parts.socket, parts.blocks, (bytes) => this.taken(bytes))
  }

  /** Requests that were begun and are not answered. */
  get awaited(): number {
    return this.answers.length
  }

  /** Bytes that the client has not taken. */
  get unsent(): number {
    return this.queue.unsent
  }

  /** A place behind all others. */
  expect(frame: Buffer, isKept: boolean): Slot {
    return this.answers.expect(frame, isKept)
  }

  /** Sends every answer whose turn it is; false when there is none. */
  send(): boolean {
    if (this.isOver) return false
    const ready = this.answers.takeReady()
    if (ready.length === 0) return false
    const buffers = ready.flatMap(({ answer }) => answer)
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    const { activity, incoming, budget } = this.parts
    if (this.queue.unsent === 0) activity.beginsToSend()
    const freed = incoming.finish(ready)
    budget.take(bytes)
    this.queue.push(buffers, bytes)
    // Whoever waited for memory goes on here, which may be this client: what it is answered then comes behind.
    budget.release(freed)
    return true
  }

  /** Nothing is sent any more; returns what of the budget it held. */
  close(): number {
    this.isOver = true
    return this.queue.unsent
  }

  private taken(bytes: number): void {
    if (this.isOver) return
    this.parts.activity.sent(bytes)
    this.parts.budget.release(bytes)
    this.parts.onTaken()
  }
}
