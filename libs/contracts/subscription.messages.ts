import { z } from 'zod'
import { on } from './definition.ts'

const fact = on('subscriptions')

/** Why a subscription was switched off by the system itself. */
export const switchedOffBecause = z.enum(['not_confirmed', 'endpoint_dead', 'endpoint_gone'])
export type SwitchedOffBecause = z.infer<typeof switchedOffBecause>

export const subscriptionFacts = {
  /** Nothing more is delivered until somebody switches it on again. */
  'subscription.switched-off': fact.message(
    z.object({
      subscriptionId: z.uuid(),
      to: z.enum(['webhook', 'email', 'queue']),
      reason: switchedOffBecause,
      /** Of the first failure after the last success. */
      failingSince: z.iso.datetime(),
      lastError: z.string(),
    }),
  ),
}
