import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Problem, sendProblem } from '#libs/http'

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the edge did not let it through, if it did not: what the audit trail is told. */
    refused?: Problem
  }
}

/** Answers instead of whatever was asked for. */
export const refuse = (request: FastifyRequest, reply: FastifyReply, problem: Problem): void => {
  request.refused = problem
  sendProblem(reply, problem)
}
