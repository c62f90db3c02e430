import { z } from 'zod'
import type { ParkReason, ParkStatus } from './parked-message.ts'

const text = (max: number) => z.string().min(1).max(max)
const reasons = [
  ...['missing_header', 'invalid_header', 'unknown_type', 'unknown_version', 'invalid_json', 'invalid_data'],
  ...['unreadable_batch', 'handler_failed', 'unprocessable', 'behind_parked'],
] as unknown as [ParkReason, ...ParkReason[]]

/** Which parked messages are meant; every field narrows. Without a status, those that are not settled. */
export const parkedFilter = z.strictObject({
  topic: text(249).optional(),
  key: text(1_000).optional(),
  type: text(255).optional(),
  reason: z.enum(reasons).optional(),
  status: z.enum(['retrying', 'queued', 'dead', 'settled'] satisfies ParkStatus[]).optional(),
  orderId: z.uuid().toLowerCase().optional(),
})
export type ParkedFilter = z.infer<typeof parkedFilter>

/**
 * The filter as a condition on `parked_messages`, and its parameters, numbered from `$<first>`. `consumer` is whose
 * messages they are.
 */
export const conditionOf = (
  { topic, key, type, reason, status, orderId }: ParkedFilter,
  consumer: string,
  first = 1,
): { readonly condition: string; readonly parameters: unknown[] } => {
  const n = (i: number) => `$${first + i}::text`
  return {
    condition: `consumer = ${n(0)} AND (${n(1)} IS NULL OR topic = ${n(1)})
      AND (${n(2)} IS NULL OR key = convert_to(${n(2)}, 'UTF8')) AND (${n(3)} IS NULL OR type = ${n(3)})
      AND (${n(4)} IS NULL OR reason = ${n(4)}) AND (${n(5)} IS NULL OR order_id = ${n(5)})
      AND ${status === undefined ? `${n(6)} IS NULL AND status <> 'settled'` : `status = ${n(6)}`}`,
    parameters: [consumer, topic ?? null, key ?? null, type ?? null, reason ?? null, orderId ?? null, status ?? null],
  }
}
