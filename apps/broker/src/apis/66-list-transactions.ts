import { ErrorCode, listTransactions } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { transactionStates } from '../transactions/transaction.ts'

/**
 * ListTransactions: 0-2
 * - The pattern is a regular expression of JavaScript, not of Java.
 */
export const handleListTransactions = defineHandler({
  api: listTransactions,
  advertised: { min: 0, max: 2 },
  handle({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }, { broker }) {
    const pattern = patternOf(transactionalIdPattern)
    if (pattern === undefined) {
      return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, unknownStateFilters: [], transactionStates: [] }
    }
    const now = broker.clock.steady()
    const wanted = [...broker.transactions.all()].filter(
      ({ transactionalId, producerId, state, startedAt }) =>
        (stateFilters.length === 0 || stateFilters.includes(state)) &&
        (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
        (durationFilter < 0 || now - startedAt > durationFilter) &&
        pattern.test(transactionalId),
    )
    return {
      errorCode: ErrorCode.NONE,
      unknownStateFilters: stateFilters.filter((name) => !KNOWN_STATES.has(name)),
      transactionStates: wanted.map(({ transactionalId, producerId, state }) => ({
        ...{ transactionalId, producerId, transactionState: state },
      })),
    }
  },
})

/** States that Kafka has besides and that nothing is ever seen in. */
const TRANSIENT_STATES = ['Dead', 'PrepareEpochFence']
const KNOWN_STATES = new Set<string>([...transactionStates, ...TRANSIENT_STATES])

/** Matches whole ids; undefined when it is no regular expression. */
function patternOf(text: string | null): RegExp | undefined {
  try {
    return text === null || text === '' ? /^/ : new RegExp(`^(?:${text})$`, 'u')
  } catch {
    return undefined
  }
}
