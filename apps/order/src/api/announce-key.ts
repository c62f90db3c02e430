import { Consequences, uuidFrom } from '#libs/contracts'
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
  const cause = { id: uuidFrom(`key ${wrapped} of ${customerId}`), correlationId: customerId }
  uow.part(Outbox).add(
    new Consequences(cause, SOURCE, uow.now).message('customer-key.made', {
      ...{ subject: customerId, key: customerId, data: { customerId, masterKeyId, wrapped } },
    }),
  )
  // Until this is on record it is announced with every order, which changes nothing.
  const failed = (error: unknown) => log.warn('not on record as announced', { [fields.error]: error })
  uow.afterCommit(() => void personal.announced(customerId).catch(failed))
}

export const announceErasure = (uow: UnitOfWork, customerId: string, at: Date): void => {
  const cause = { id: uuidFrom(`erasure of ${customerId} at ${at.toISOString()}`), correlationId: customerId }
  uow.part(Outbox).add(
    new Consequences(cause, SOURCE, uow.now).message('customer-key.destroyed', {
      ...{ subject: customerId, key: customerId, data: { customerId } },
    }),
  )
}
