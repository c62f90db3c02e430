import { signedHeaders } from '#libs/webhooks'
import type { Attempt } from '../../domain/subscriptions/attempt.ts'
import { secretsAt } from '../../domain/subscriptions/subscription.ts'
import type { DueDelivery, SubscribedEvent } from '../sql/claim-deliveries.ts'
import type { WebhookAnswer, WebhookClient } from './webhook-client.ts'

const CONFIRM = 'subscription.confirm'

/** Sends one delivery to its endpoint; whatever happens is an attempt. */
export const postWebhook = async (
  client: WebhookClient,
  delivery: DueDelivery,
  url: string,
  now: Date,
  stopped: AbortSignal,
): Promise<Attempt> => {
  const body = JSON.stringify(delivery.kind === 'confirm' ? questionOf(delivery, now) : eventBody(delivery.event!))
  const signed = signedHeaders(delivery.id, now, body, secretsAt(delivery.secrets, now))
  const headers = { 'content-type': 'application/json', 'user-agent': 'Waybill', ...signed }
  const answer = await client.post(url, headers, body, stopped)
  if (answer.status === 410) return { result: 'gone', status: 410, error: 'answered 410 Gone' }
  if (answer.status < 200 || answer.status > 299) return refusedBy(answer, now)
  const { status } = answer
  if (delivery.kind === 'confirm' && challengeIn(answer.body) !== delivery.id)
    return { result: 'failed', status, error: 'the answer does not repeat the challenge' }
  return { result: 'delivered', status }
}

/** What a subscriber is sent. */
export const eventBody = ({ id, type, time, subject, key, correlationId, data }: SubscribedEvent) => ({
  ...{ type, timestamp: time, data },
  ...{ id, subject, key, correlationId },
})

/** The endpoint is asked whether it wants to be told: by sending the challenge back it says so. */
const questionOf = ({ id, subscriptionId }: DueDelivery, now: Date) => ({
  type: CONFIRM,
  timestamp: now.toISOString(),
  data: { subscriptionId, challenge: id },
})

const challengeIn = (body: string): unknown => {
  try {
    return (JSON.parse(body) as { challenge?: unknown } | null)?.challenge
  } catch {
    return body.trim()
  }
}

const refusedBy = ({ status, retryAfter }: WebhookAnswer, now: Date): Attempt => {
  const error = status >= 300 && status < 400 ? `answered ${status}; redirects are not followed` : `answered ${status}`
  const retryAfterMs = waitIn(retryAfter, now)
  return { result: 'failed', status, error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** Seconds, or an HTTP date. */
const waitIn = (retryAfter: string | undefined, now: Date): number | undefined => {
  if (retryAfter === undefined) return undefined
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now.getTime()
  return ms > 0 ? ms : undefined
}
