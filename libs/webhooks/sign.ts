import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** A secret as Standard Webhooks writes it. */
export const freshSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

/** Whether it is one, of at least the 24 bytes that Standard Webhooks asks for. */
export const isSecret = (text: string): boolean => text.startsWith(PREFIX) && keyOf(text).length >= 24

/**
 * The headers of Standard Webhooks: an id that all repetitions share, when this one was sent, and a signature by each
 * secret that holds, so that a receiver may change over from one to the other when it likes.
 */
export const signedHeaders = (
  id: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map((secret) => `v1,${signature(secret, id, timestamp, body).toString('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/** HMAC-SHA-256 over id, time and body. */
export const signature = (secret: string, id: string, timestamp: string, body: string | Buffer): Buffer =>
  createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64')
