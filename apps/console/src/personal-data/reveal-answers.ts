import type { FastifyInstance } from 'fastify'
import { createLogger, fields } from '#libs/observability'
import type { PersonalData } from '#libs/personal-data'

/** What an operator may amend comes back as it was shown, and must not be kept in clear. */
const SHOWN_SEALED = /^\/api\/parked/
const MARK = 'personal.v1.'

const log = createLogger('personal-data')

/**
 * The one place where personal data is opened for people: services answer it sealed, and whoever may read an answer reads it
 * here, or `erased`. While the vault is away the answer is given as it is, sealed.
 */
export const revealAnswers = (instance: FastifyInstance, personal: Pick<PersonalData, 'revealJson'>): void => {
  instance.addHook('onSend', async (request, reply, payload) => {
    if (!(typeof payload === 'string' || Buffer.isBuffer(payload)) || !payload.includes(MARK)) return payload
    if (!/json/.test(String(reply.getHeader('content-type') ?? '')) || SHOWN_SEALED.test(request.url)) return payload
    try {
      const revealed = await personal.revealJson(payload.toString())
      reply.removeHeader('content-length')
      return revealed
    } catch (error) {
      log.warn('personal data cannot be shown right now', { [fields.error]: error })
      return payload
    }
  })
}
