import { z } from 'zod'
import { on } from './definition.ts'

const deadLetter = on('dead-letters')

/** What waits for a retry or a person, for whoever looks with Kafka's tools; the key is its id, and a tombstone its end. */
export const deadLetters = {
  /** A message that a service could not handle, or that waits behind one of its key. */
  'message.parked': deadLetter.message(
    z.object({
      service: z.string(),
      topic: z.string(),
      partition: z.int(),
      offset: z.string().regex(/^\d+$/),
      key: z.string().nullable(),
      type: z.string().nullable(),
      reason: z.string(),
      error: z.string().nullable(),
      attempts: z.int().nonnegative(),
      /** As they came; left out, like the value, of a message that is too large to be repeated here. */
      headers: z.record(z.string(), z.unknown()).optional(),
      /** As text where it is text, else in base64; without payment tokens. */
      value: z.string().nullable().optional(),
      encoding: z.literal('base64').optional(),
    }),
  ),
  /** A call to the outside world that was made and whose outcome could not be recorded. */
  'effect.parked': deadLetter.message(
    z.object({ service: z.string(), kind: z.string(), key: z.string(), reason: z.string(), error: z.string() }),
  ),
}
