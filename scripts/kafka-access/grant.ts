import { setTimeout as delay } from 'node:timers/promises'
import { kafkaUsers } from '#libs/contracts'
import { grantAccess, type KafkaOptions, rulesFor, TryAgain } from '#libs/messaging'
import { ADMIN, readPassword } from './password-files.ts'

/** A cluster that has just started may have nobody yet who could write anything down. Milliseconds. */
const [PATIENCE_MS, PAUSE_MS] = [60_000, 500]

/** Gives every process's user the password of its file, and the rules that follow from `topicAccess`. */
export const grantAll = async (kafka: KafkaOptions, folder: string): Promise<void> => {
  const users = kafkaUsers.map((name) => ({ name, password: readPassword(folder, name), rules: rulesFor(name) }))
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await grantAccess(kafka, users)
    } catch (error) {
      if (!(error instanceof TryAgain) || Date.now() > deadline) throw error
      await delay(PAUSE_MS)
    }
  }
}

/** As the admin, whose password is in the folder, too. */
export const adminOf = (brokers: readonly string[], folder: string): KafkaOptions => ({
  ...{ brokers, clientId: 'kafka-access' },
  security: {
    sasl: { mechanism: 'SCRAM-SHA-512', username: ADMIN, password: () => readPassword(folder, ADMIN) },
  },
})
