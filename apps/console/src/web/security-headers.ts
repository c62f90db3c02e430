import type { FastifyInstance } from 'fastify'

/** What the content policy of the pages does not say; they hold for every answer. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
}
/** Only where a proxy says that the browser came by TLS: a name that is also used without it would be locked out. */
const ONLY_BY_TLS = 'max-age=31536000'

export const sendSecurityHeaders = (fastify: FastifyInstance): void => {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    for (const [name, value] of Object.entries(HEADERS)) if (!reply.hasHeader(name)) reply.header(name, value)
    if (request.headers['x-forwarded-proto'] === 'https') reply.header('strict-transport-security', ONLY_BY_TLS)
    done()
  })
}
