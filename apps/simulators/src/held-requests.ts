import type { BeforeApplicationShutdown } from '@nestjs/common'
import type { FastifyReply } from 'fastify'

/** The longest a request stays without an answer. Milliseconds. */
const LONGEST = 120_000

/** Requests that are never answered: the connection stays open until the client gives up, or is cut. */
export class HeldRequests implements BeforeApplicationShutdown {
  readonly #held = new Set<FastifyReply['raw']>()

  /** Resolves when the connection is closed. */
  hold(reply: FastifyReply): Promise<void> {
    reply.hijack()
    const { raw } = reply
    if (raw.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const longest = setTimeout(() => raw.destroy(), LONGEST)
      this.#held.add(raw)
      raw.once('close', () => {
        clearTimeout(longest)
        this.#held.delete(raw)
        resolve()
      })
    })
  }

  /** Else a graceful stop would wait for them. */
  beforeApplicationShutdown(): void {
    for (const raw of this.#held) raw.destroy()
  }
}
