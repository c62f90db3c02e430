import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuseCompressed } from './json-body.ts'
import { refuseControlCharacters } from './plain-text.ts'
import { Problem } from './problem.ts'
import { sendProblem, toProblem } from './problem-filter.ts'

type Check = (request: FastifyRequest) => void

/** Everything that holds for all requests of all services, before anything is done for one. */
export const guardRequests = (fastify: FastifyInstance): void => {
  let stopping = false
  fastify.addHook('preClose', (done) => {
    stopping = true
    done()
  })
  const refuseWhileStopping: Check = () => {
    if (stopping)
      throw new Problem(503, {
        type: 'stopping',
        detail: 'this process is stopping; ask again',
        headers: { connection: 'close' },
      })
  }
  for (const check of [refuseWhileStopping, refuseWithoutHost, refuseCompressed]) addCheck(fastify, 'onRequest', check)
  addCheck(fastify, 'preValidation', refuseControlCharacters)
}

const refuseWithoutHost: Check = ({ raw }) => {
  if (raw.headers.host === undefined && raw.httpVersion === '1.1')
    throw new Problem(400, { type: 'malformed-request', title: 'Malformed request', detail: 'Host is missing' })
}

/** Answers by itself: in a hook, neither Nest's filters nor the gateway's error handler are in charge for sure. */
const addCheck = (fastify: FastifyInstance, hook: 'onRequest' | 'preValidation', check: Check): void => {
  fastify.addHook(hook as 'onRequest', (request, reply, done) => {
    try {
      check(request)
      done()
    } catch (error) {
      sendProblem(reply, toProblem(error))
    }
  })
}
