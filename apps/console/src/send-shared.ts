import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** An answer as it is sent: its text, and the name of exactly that text. */
interface Written {
  readonly body: Buffer
  readonly etag: string
}

/** Kept with the answer that it is of, and gone with it. */
const written = new WeakMap<object, Written>()

/**
 * Answers with what many ask for at once: written and named once for all who are given the same object. Whoever has it
 * already, which a browser says by itself in `If-None-Match`, is told so (304) and sent nothing; nobody uses it without
 * having asked.
 */
export const sendShared = (request: FastifyRequest, reply: FastifyReply, answer: object): FastifyReply =>
  send(
    request,
    reply,
    writtenOnce(answer, () => Buffer.from(JSON.stringify(answer))),
  )

/** The same for an answer that came from a service as it is. */
export const sendSharedBody = (request: FastifyRequest, reply: FastifyReply, answer: { readonly body: Buffer }) =>
  send(
    request,
    reply,
    writtenOnce(answer, () => answer.body),
  )

const send = ({ headers }: FastifyRequest, reply: FastifyReply, { body, etag }: Written): FastifyReply => {
  reply.header('etag', etag).header('cache-control', 'private, no-cache')
  if (headers['if-none-match'] === etag) return reply.status(304).send()
  return reply.header('content-type', 'application/json; charset=utf-8').send(body)
}

const writtenOnce = (answer: object, bodyOf: () => Buffer): Written => {
  let known = written.get(answer)
  if (known === undefined) {
    const body = bodyOf()
    known = { body, etag: `"${createHash('sha1').update(body).digest('base64url')}"` }
    written.set(answer, known)
  }
  return known
}
