import type { UnitOfWork } from '#libs/database'
import type { NewParkedEffect } from '#libs/effects'
import { Outbox } from '#libs/outbox'

/** Tells Kafka's tools of a call whose outcome could not be recorded; not what was asked and answered, which may be secret. */
export const publishParkedEffect =
  (service: string) =>
  (uow: UnitOfWork, { effect, reason, error }: NewParkedEffect): void => {
    const { id, kind, key, cause } = effect
    const { correlationId, id: causationId } = cause
    uow.part(Outbox).add(
      {
        ...{
          id,
          type: 'effect.parked',
          source: `/waybill/${service}`,
          subject: key,
          key: id,
          correlationId,
          causationId,
        },
        ...{ time: uow.now.toISOString(), data: { service, kind, key, reason, error } },
      },
      { reason },
    )
  }
