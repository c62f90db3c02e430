import { ensureTopics, kafkaClient } from '#libs/messaging'
import { describeError } from '#libs/observability'
import { composeMail, type Mail } from '../../compose-mail.ts'
import type { Attempt } from '../../domain/subscriptions/attempt.ts'
import { topicOfQueue } from '../../domain/subscriptions/subscription.ts'
import { SmtpConnections } from '../../smtp-connections.ts'
import type { DueDelivery } from '../sql/claim-deliveries.ts'
import type { PrivateAddresses } from './addresses.ts'
import { confirmationMail } from './confirmation-mail.ts'
import { eventBody, postWebhook } from './webhook.ts'
import { WebhookClient } from './webhook-client.ts'

export interface SendersOptions {
  readonly brokers: readonly string[]
  readonly smtp: { readonly host: string; readonly port: number }
  /** Where people see the console: mail addresses say there that they want to be told. */
  readonly publicUrl: string
  readonly privateAddresses: PrivateAddresses
  readonly timeoutMs: number
  /** Connections to one endpoint. */
  readonly inFlight: number
  /** Opens what is sealed in an event: subscribers are told in clear. */
  readonly reveal: (data: unknown) => Promise<unknown>
}

/** Few: what subscribers are mailed is in nobody's way. */
const MAIL_CONNECTIONS = 2
/** Of a queue's topic: whoever works it has a week. */
const QUEUE = { partitions: 6, retentionMs: 7 * 24 * 60 * 60 * 1_000 }
const LONGEST_ERROR = 500

/** The ways to subscribers. */
export class Senders {
  readonly #webhooks: WebhookClient
  readonly #mails: SmtpConnections

  constructor(private readonly options: SendersOptions) {
    const { privateAddresses: allowed, timeoutMs, inFlight: connections, smtp } = options
    this.#webhooks = new WebhookClient({ allowed, timeoutMs, connections })
    this.#mails = new SmtpConnections({ ...smtp, connections: MAIL_CONNECTIONS, timeoutMs })
  }

  /** Makes one delivery. Rejects for no reason: that nobody answered is an attempt, too. */
  async send(delivery: DueDelivery, stopped: AbortSignal): Promise<Attempt> {
    if (delivery.kind === 'event' && delivery.event === null)
      return { result: 'failed', error: 'the message is kept no longer' }
    try {
      const { event } = delivery
      const clear = event && { ...event, data: (await this.options.reveal(event.data)) as typeof event.data }
      return await this.#send({ ...delivery, event: clear }, stopped)
    } catch (error) {
      return { result: 'failed', error: describeError(error).slice(0, LONGEST_ERROR) }
    }
  }

  async close(): Promise<void> {
    this.#mails.close()
    await this.#webhooks.close()
  }

  #send(delivery: DueDelivery, stopped: AbortSignal): Promise<Attempt> {
    const { deliver } = delivery
    switch (deliver.to) {
      case 'webhook':
        return postWebhook(this.#webhooks, delivery, deliver.url, new Date(), stopped)
      case 'email':
        return delivery.kind === 'confirm'
          ? this.#askByMail(delivery, deliver.address, stopped)
          : this.#mail(delivery, deliver.address, stopped)
      case 'queue':
        return this.#makeQueue(deliver.name)
    }
  }

  async #mail({ id, event }: DueDelivery, to: string, stopped: AbortSignal): Promise<Attempt> {
    const { type, subject, correlationId } = event!
    const headers = { 'X-Kind': `subscription ${type}`, 'X-Correlation-Id': correlationId }
    const text = `${JSON.stringify(eventBody(event!), null, 2)}\n`
    const messageId = `<${id}@waybill.example>`
    await this.#post({ to, subject: `${type}: ${subject}`, text, messageId, headers }, stopped)
    return { result: 'delivered' }
  }

  /** Only its reader can say yes, by the link in it: that it was taken says nothing. */
  async #askByMail(
    { id, secrets, giveUpAt, sentAt }: DueDelivery,
    address: string,
    stopped: AbortSignal,
  ): Promise<Attempt> {
    if (sentAt !== null) return { result: 'unanswered', error: 'nobody has confirmed the address in time' }
    if (giveUpAt <= new Date()) return { result: 'failed', error: 'its link would hold no longer' }
    await this.#post(
      confirmationMail({ id, address, secret: secrets[0]!.secret }, this.options.publicUrl, giveUpAt),
      stopped,
    )
    return { result: 'asked' }
  }

  async #post(mail: Mail, stopped: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(this.options.timeoutMs)])
    await this.#mails.send(await composeMail(mail), signal)
  }

  /** What goes into it leaves by the outbox; here its topic is made, so that it has the retention of a queue. */
  async #makeQueue(name: string): Promise<Attempt> {
    const { brokers } = this.options
    const admin = kafkaClient({ brokers, clientId: 'subscriptions' }, 'briefly').admin()
    try {
      await admin.connect()
      await ensureTopics(admin, brokers.length, { [topicOfQueue(name)]: QUEUE })
      return { result: 'delivered' }
    } finally {
      await admin.disconnect()
    }
  }
}
