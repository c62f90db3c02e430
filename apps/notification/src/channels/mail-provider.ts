import { composeMail } from '../compose-mail.ts'
import type { SmtpConnections } from '../smtp-connections.ts'
import type { Dispatch, Provider, ProviderAnswer } from './provider.ts'

/** RFC 5321: the mailbox is not there, or its name cannot be one. */
const NO_SUCH_MAILBOX: ReadonlySet<number> = new Set([550, 551, 553])

/**
 * E-mail by SMTP, text beside HTML. SMTP has no idempotency keys: the Message-ID is made from the notification's id, so
 * that a mail that is sent again, because its acknowledgement was lost, is recognised where it arrives.
 */
export const mailProvider = (connections: SmtpConnections): Provider => ({
  send: async ({ id, to, content, about }: Dispatch, signal): Promise<ProviderAnswer> => {
    const { title = '', text, html } = content
    const headers = {
      'X-Kind': about.kind,
      'X-Order-Id': about.orderId,
      'X-Correlation-Id': about.correlationId,
      'X-Causation-Id': about.causationId,
    }
    const mail = { to, subject: title, text, ...(html && { html }), messageId: `<${id}@waybill.example>`, headers }
    const composed = await composeMail(mail)
    try {
      await connections.send(composed, signal)
      return { kind: 'taken' }
    } catch (error) {
      const { responseCode, message } = error as { responseCode?: number; message: string }
      if (responseCode === undefined || responseCode < 500) throw error
      return { kind: NO_SUCH_MAILBOX.has(responseCode) ? 'unreachable' : 'refused', reason: message }
    }
  },
  close: () => connections.close(),
})
