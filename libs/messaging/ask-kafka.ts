import type { Admin } from 'kafkajs'
import { Problem } from '#libs/http'
import { createLogger, fields } from '#libs/observability'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'

/** Whoever asks about Kafka over HTTP waits no longer; less than the gateway waits for us. Milliseconds. */
const DEADLINE_MS = 1_500

const log = createLogger('kafka')

/**
 * Asks Kafka something, over a connection that is closed afterwards: a client that lives on would go on asking for every
 * topic it has ever heard of, and answer nothing once one of them is deleted. For questions of people, at most one a
 * second (see `sharedAnswer`).
 * @throws Problem 503 when Kafka cannot be reached or says no, 504 when it does not answer in time.
 */
export const askKafka = async <T>(options: KafkaOptions, question: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafkaClient(options, 'briefly', DEADLINE_MS).admin()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Problem(504, { type: 'timeout', detail: `Kafka did not answer within ${DEADLINE_MS / 1_000} s` })),
    DEADLINE_MS,
  )
  try {
    return await Promise.race([admin.connect().then(() => question(admin)), late])
  } catch (error) {
    if (error instanceof Problem) throw error
    log.warn('Kafka not asked', { [fields.error]: error })
    throw new Problem(503, { type: 'unavailable', detail: `Kafka cannot be asked: ${(error as Error).message}` })
  } finally {
    clearTimeout(timer)
    admin.disconnect().catch((error: unknown) => log.debug('not disconnected', { [fields.error]: error }))
  }
}
