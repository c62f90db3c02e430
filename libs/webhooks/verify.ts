import { timingSafeEqual } from 'node:crypto'
import { signature } from './sign.ts'

/** By how much the time of sending may differ from ours. Seconds, as Standard Webhooks has it. */
const TOLERANCE_S = 5 * 60
const LONGEST_ID = 100
/** A sender has one for each of its secrets. */
const MOST_SIGNATURES = 8

export interface ReceivedWebhook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** As it came. */
  readonly body: Buffer
}

/** Its id, which the receiver must not have seen before, or why it is not believed. */
export type Verdict = { readonly id: string } | { readonly refused: string }

/** Whether a holder of one of the secrets sent this, and lately. */
export const verifyWebhook = (
  { headers, body }: ReceivedWebhook,
  secrets: readonly string[],
  now = Date.now(),
): Verdict => {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  ) as [string, string, string]
  if (id === '' || timestamp === '' || signatures === '')
    return { refused: 'webhook-id, webhook-timestamp and webhook-signature are required' }
  if (id.length > LONGEST_ID) return { refused: `webhook-id is longer than ${LONGEST_ID} characters` }
  if (!/^\d{1,12}$/.test(timestamp)) return { refused: 'webhook-timestamp is no number of seconds since 1970' }
  if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE_S)
    return { refused: `webhook-timestamp is more than ${TOLERANCE_S} s away from now` }
  const given = signatures
    .split(' ', MOST_SIGNATURES)
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice('v1,'.length), 'base64'))
  const isGood = secrets.some((secret) => {
    const expected = signature(secret, id, timestamp, body)
    return given.some((each) => each.length === expected.length && timingSafeEqual(each, expected))
  })
  return isGood ? { id } : { refused: 'no signature is by a secret of ours' }
}
