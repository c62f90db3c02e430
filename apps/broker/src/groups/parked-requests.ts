import { ErrorCode } from '#libs/kafka-protocol'
import { joinError, type Reply, syncError } from './decision.ts'

/** Requests that are answered by what happens later: joins and syncs wait for the others of their group. */
export class ParkedRequests {
  readonly #parked = new Map<number, (reply: Reply) => void>()
  #next = 1

  park(): { readonly request: number; readonly reply: Promise<Reply> } {
    const request = this.#next++
    return { request, reply: new Promise<Reply>((resolve) => this.#parked.set(request, resolve)) }
  }

  answer(reply: Reply): void {
    this.#parked.get(reply.to)?.(reply)
    this.#parked.delete(reply.to)
  }

  close(): void {
    this.#parked.clear()
  }
}

/** What is answered in its place when the disk refuses. */
export function failed(reply: Reply): Reply {
  const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE
  return 'join' in reply
    ? { to: reply.to, join: joinError(errorCode, reply.join.memberId) }
    : { to: reply.to, sync: syncError(errorCode) }
}
