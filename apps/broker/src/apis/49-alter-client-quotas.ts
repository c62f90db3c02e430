import { alterClientQuotas, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { alterQuotas } from '../quotas/quota-control.ts'

/**
 * AlterClientQuotas: 0-1
 * - There are the quotas for bytes and time, and for the connections of an address. `controller_mutation_rate` is refused
 *   with POLICY_VIOLATION; to remove it is no error.
 * - The address of an `ip` must be one; Kafka also resolves names.
 * - 10,000 entities have quotas at most.
 */
export const handleAlterClientQuotas = defineHandler({
  api: alterClientQuotas,
  advertised: { min: 0, max: 1 },
  async handle({ entries, validateOnly }, { broker }) {
    const outcomes = await alterQuotas(broker.controller, entries, validateOnly)
    return {
      entries: entries.map(({ entity }, i) => ({ ...(outcomes[i] ?? { errorCode: ErrorCode.NONE }), entity })),
    }
  },
})
