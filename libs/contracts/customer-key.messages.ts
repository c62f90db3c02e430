import { z } from 'zod'
import { on } from './definition.ts'
import { customerId } from './values.ts'

const keys = on('customer-keys')

/**
 * What became of the key that a customer's data is sealed with: a copy of the vault that is at least as young as anything
 * that was said about the customer's orders, for `npm run restore`. The key is the customer's id; the last word holds.
 */
export const customerKeyFacts = {
  /** Wrapped by a master key, which is in no topic; base64. */
  'customer-key.made': keys.message(z.object({ customerId, masterKeyId: z.string().min(1), wrapped: z.base64() })),
  /** The customer was erased. */
  'customer-key.destroyed': keys.message(z.object({ customerId })),
}
