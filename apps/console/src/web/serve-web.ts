import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { giveToken } from './csrf.ts'
import { readWebFiles, type WebFile } from './web-files.ts'

/** Of these the gateway has answers of its own, a 404 included; every other page's address belongs to the web console. */
const NOT_PAGES = /^(api|docs|health|internal|metrics|assets)(\/|$)/

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
}

/** A Fastify plugin: the files of the web console, and its one page at every address that a screen may have. */
export const serveWeb =
  (folder: string) =>
  async (fastify: FastifyInstance): Promise<void> => {
    const files = await readWebFiles(folder)
    const page = files.get('index.html')
    if (page === undefined) throw new Error(`no web console in ${folder}: npm run build makes it`)
    fastify.get('/*', (request, reply) => {
      const path = (request.params as { '*': string })['*']
      const file = files.get(path)
      if (file !== undefined && file !== page) return send(request, reply, file)
      if (!isPage(request, path)) return reply.callNotFound()
      giveToken(request, reply)
      return send(request, reply, page)
    })
  }

const isPage = ({ headers }: FastifyRequest, path: string): boolean =>
  path === '' || (!NOT_PAGES.test(path) && (headers.accept ?? '').includes('text/html'))

const send = (request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply => {
  reply.headers({
    ...PAGE_HEADERS,
    etag: file.etag,
    vary: 'accept-encoding',
    // The page names the files of one build, so it is asked for each time, and not sent again when it is the same.
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.headers['if-none-match'] === file.etag) return reply.status(304).send()
  const accepted = (request.headers['accept-encoding'] ?? '').split(',').map((each) => each.split(';')[0]!.trim())
  const [encoding, body] = [...file.encodings].find(([name]) => name === 'identity' || accepted.includes(name))!
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.type(file.type).send(body)
}
