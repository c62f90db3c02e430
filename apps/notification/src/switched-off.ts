import type { Consequences, NotificationDelivery } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Outbox } from '#libs/outbox'
import { onRecord } from '#libs/service'
import { switchChannelOff } from './sql/preferences.ts'

/** Nobody is there: nothing more goes that way until the customer says where, and everybody may know. */
export const switchOff = async (
  uow: UnitOfWork,
  consequences: Consequences,
  { customerId, channel, to }: NotificationDelivery,
  reason: string,
): Promise<void> => {
  const at = uow.now.toISOString()
  // Not where the customer has given another address meanwhile, or was switched off for the same before.
  if (!(await switchChannelOff(uow, { customerId, channel, to, reason, at }))) return
  onRecord(uow, {
    ...{ actor: 'service:notification', action: 'channel.switch-off', target: preferencesTarget(customerId) },
    ...{ detail: `${channel} ${to}`, reason },
  })
  uow.part(Outbox).add(
    consequences.message('notification.channel-switched-off', {
      ...{ subject: customerId, key: customerId, data: { customerId, channel, to, reason } },
    }),
  )
}

/** What the audit trail calls it. */
export const preferencesTarget = (customerId: string): string => `customers/${customerId}/notification-preferences`
