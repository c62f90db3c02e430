import { createTransport } from 'nodemailer'
import type { Effect, RetryPolicy } from '#libs/effects'
import type { Notice } from './domain/notice.ts'
import type { Notification } from './notifications.ts'

export type EmailKinds = {
  email: { payload: { notification: Notification; subject: Notice['subject']; text: Notice['text'] }; answer: null }
}
export type Email = Effect<'email', EmailKinds['email']['payload']>

/** A mail server that is away comes back: about two minutes of patience. */
export const emailRetry: RetryPolicy = {
  timeoutMs: 10_000,
  maxAttempts: 12,
  backoff: { firstMs: 200, factor: 2, maxMs: 15_000 },
}

export interface Mailer {
  send(email: Email): Promise<null>
  close(): void
}

/**
 * SMTP over a few kept connections. The Message-ID is made from the effect's id, so a mail that is sent again because
 * its acknowledgement was lost is recognised as the same mail by the mailbox that receives it.
 */
export const smtpMailer = (host: string, port: number): Mailer => {
  const transport = createTransport({
    host,
    port,
    secure: false,
    ignoreTLS: true,
    pool: true,
    maxConnections: 4,
    maxMessages: Number.POSITIVE_INFINITY,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ id, payload: { notification, subject, text }, cause }) {
      await transport.sendMail({
        from: '"Waybill" <orders@waybill.example>',
        to: notification.to,
        subject,
        text,
        messageId: `<${id}@waybill.example>`,
        headers: {
          'X-Kind': notification.kind,
          'X-Order-Id': notification.orderId,
          'X-Correlation-Id': cause.correlationId,
          'X-Causation-Id': cause.id,
        },
      })
      return null
    },
    close: () => transport.close(),
  }
}
