import type { FastifyInstance, FastifyRequest } from 'fastify'
import { drainOnClose } from './drain.ts'
import { refuseCompressed } from './json-body.ts'
import { refuseControlCharacters } from './plain-text.ts'
import { Problem } from './problem.ts'
import { sendProblem, toProblem } from './problem-filter.ts'

type Check = (request: FastifyRequest) => void

/** Everything that holds for all requests of all services, before anything is done for one. */
export const guardRequests = (fastify: FastifyInstance): void => {
  drainOnClose(fastify)
  for (const check of [refuseWithoutHost, refuseCompressed]) addCheck(fastify, 'onRequest', check)
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
