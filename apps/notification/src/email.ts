import type { NotificationKind } from '#libs/contracts'
import type { Effect, RetryPolicy } from '#libs/effects'
import { composeMail } from './compose-mail.ts'
import type { Notice } from './domain/notice.ts'
import type { Notification } from './notifications.ts'
import { type Sealing, withoutAddress } from './sealing.ts'
import { SmtpConnections } from './smtp-connections.ts'

type OrderNotification = Notification & { readonly kind: NotificationKind }
export type EmailKinds = {
  email: {
    /** The address and the text are sealed. */
    payload: { notification: OrderNotification; subject: Notice['subject']; text: Notice['text'] }
    /** `erased`: there is nobody any more whom it could be sent to. */
    answer: null | 'erased'
  }
}
export type Email = Effect<'email', EmailKinds['email']['payload']>

/** A mail server that is away comes back: about two minutes of patience. */
export const emailRetry: RetryPolicy = {
  timeoutMs: 10_000,
  maxAttempts: 12,
  backoff: { firstMs: 200, factor: 2, maxMs: 15_000 },
}

export interface Mailer {
  /** Rejects when the mail was refused, or when it is not known whether it was taken over. */
  send(email: Email, signal: AbortSignal): Promise<null | 'erased'>
  close(): void
}

/** As many as mails are sent at the same time, so that none waits here; the server makes what arrives together durable together. */
export const CONNECTIONS = 32

/**
 * E-mail over SMTP. The Message-ID is made from the effect's id, so a mail that is sent again because its
 * acknowledgement was lost is recognised as the same mail by the mailbox that receives it.
 */
export const smtpMailer = (host: string, port: number, personal: Sealing): Mailer => {
  const server = new SmtpConnections({ host, port, connections: CONNECTIONS, timeoutMs: emailRetry.timeoutMs })
  return {
    async send({ id, payload: { notification, subject, text }, cause }, signal) {
      const headers = {
        'X-Kind': notification.kind,
        'X-Order-Id': notification.orderId,
        'X-Correlation-Id': cause.correlationId,
        'X-Causation-Id': cause.id,
      }
      const [to, clearText] = await Promise.all([personal.open(notification.to), personal.open(text)])
      if (to === undefined || clearText === undefined) return 'erased'
      const messageId = `<${id}@waybill.example>`
      try {
        await server.send(await composeMail({ to, subject, text: clearText, messageId, headers }), signal)
      } catch (error) {
        throw withoutAddress(error, to)
      }
      return null
    },
    close: () => server.close(),
  }
}
