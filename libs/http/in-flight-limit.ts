import type { FastifyInstance } from 'fastify'
import { Problem } from './problem.ts'
import { sendProblem } from './problem-filter.ts'

/**
 * How much may be in flight at once; what is more is refused at once with 503 and Retry-After, which costs next to
 * nothing, instead of queueing up in memory until all of it is too late.
 */
export class InFlightLimit {
  #inFlight = 0

  constructor(
    private readonly most: number,
    /** What is limited, as it is told to whoever is refused. */
    private readonly what: string,
  ) {}

  /** Runs `work`, or throws the problem. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Answers what must be called, once, when it is over. @throws Problem */
  enter(): () => void {
    if (this.#inFlight >= this.most)
      throw new Problem(503, {
        type: 'overloaded',
        title: 'Too much at once',
        detail: `${this.what} has ${this.most} requests in flight; send this one again in a second`,
      })
    this.#inFlight++
    return () => {
      this.#inFlight--
    }
  }
}

/** For reading what it is told, whoever was not answered in time. */
const READING_MS = 2_000

/**
 * For a process that strangers talk to: at most `most` requests are worked on, and none is held longer than `longestMs`,
 * the reading of its answer included: who has no answer by then is told so, who does not read it is hung up on. Counts from when the whole request is there: slow senders take nobody's place.
 * Whether the process is well may be asked at any time; a route whose config says `isStream` has bounds of its own.
 */
export const limitRequests = (fastify: FastifyInstance, most: number, longestMs: number): void => {
  const limit = new InFlightLimit(most, 'the gateway')
  fastify.addHook('preHandler', (request, reply, done) => {
    const { isStream } = request.routeOptions.config as { isStream?: boolean }
    if (isStream === true || request.url.startsWith('/health/')) return done()
    let leave: () => void
    try {
      leave = limit.enter()
    } catch (error) {
      return sendProblem(reply, error as Problem)
    }
    let timer = setTimeout(() => {
      const isUnanswered = !reply.sent
      if (isUnanswered) sendProblem(reply, unanswered(longestMs))
      timer = setTimeout(() => reply.raw.destroy(), isUnanswered ? READING_MS : 0)
    }, longestMs)
    reply.raw.once('close', () => {
      clearTimeout(timer)
      leave()
    })
    done()
  })
}

const unanswered = (longestMs: number): Problem =>
  new Problem(504, {
    type: 'timeout',
    detail: `there was no answer within ${longestMs / 1_000} s; whether it was carried out is not known: send the same request again`,
  })
