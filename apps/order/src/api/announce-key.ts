import { Consequences, type DataOf, uuidFrom } from '#libs/contracts'
import type { UnitOfWork, Work } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import type { CustomerKey, PersonalData } from '#libs/personal-data'
import { SOURCE } from '../sagas.ts'

const log = createLogger('customer-keys')

/**
 * The same work, and before a customer's first order a copy of their key to the topic `customer-keys`: what is sealed in
 * topics can be opened as long as these are there, also when the vault was lost and restored from an older backup.
 */
export const withKey = <T>(personal: PersonalData, key: CustomerKey, work: Work<T>): Work<T> => ({
  ...work,
  run: async (uow) => {
    if (key.unannounced !== undefined) announceKey(uow, personal, key)
    return work.run(uow)
  },
})

const announceKey = (uow: UnitOfWork, personal: PersonalData, { customerId, unannounced }: CustomerKey): void => {
  const { masterKeyId, wrapped: bytes } = unannounced!
  const wrapped = bytes.toString('base64')
  say(uow, 'customer-key.made', `key ${wrapped} of ${customerId}`, { customerId, masterKeyId, wrapped })
  // Until this is on record it is announced with every order, which changes nothing.
  const failed = (error: unknown) => log.warn('not on record as announced', { [fields.error]: error })
  uow.afterCommit(() => void personal.announced(customerId).catch(failed))
}

export const announceErasure = (uow: UnitOfWork, customerId: string, at: Date): void =>
  say(uow, 'customer-key.destroyed', `erasure of ${customerId} at ${at.toISOString()}`, { customerId })

const say = <T extends 'customer-key.made' | 'customer-key.destroyed'>(
  uow: UnitOfWork,
  type: T,
  because: string,
  data: DataOf<T>,
): void => {
  const { customerId } = data
  const consequences = new Consequences({ id: uuidFrom(because), correlationId: customerId }, SOURCE, uow.now)
  uow.part(Outbox).add(consequences.message(type, { subject: customerId, key: customerId, data }))
}
