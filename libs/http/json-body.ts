import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, where there is one: what signatures are over. */
    rawBody?: Buffer
  }
}

const UTF_8 = /^(utf-?8|us-ascii)$/i

/** JSON in UTF-8 is the only body that is understood; everything else is refused by name: 415, or 400 for broken text. */
export const readJsonBodies = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseOtherCharsets(request)
      request.rawBody = body
      done(null, body.length === 0 ? undefined : jsonFrom(body))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** Decompressing what strangers send is a way to fill our memory, so nobody may send it. */
export const refuseCompressed = ({ headers }: FastifyRequest): void => {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Problem(415, {
      detail: `the body may not be compressed (Content-Encoding: ${encoding})`,
      headers: { 'accept-encoding': 'identity' },
    })
}

const refuseOtherCharsets = ({ headers }: FastifyRequest): void => {
  const charset = headers['content-type']?.match(/;\s*charset\s*=\s*"?([^";\s]+)/i)?.[1]
  if (charset !== undefined && !UTF_8.test(charset))
    throw new Problem(415, { detail: `the body must be UTF-8, not ${charset}` })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const jsonFrom = (body: Buffer): unknown => {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw invalid('the body is not valid UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(`the body is not valid JSON: ${(error as Error).message}`)
  }
}

const invalid = (detail: string): Problem =>
  new Problem(400, { type: 'invalid-request', title: 'Invalid request', detail })
