import type { Database } from '#libs/database'
import { sharedAnswer } from '#libs/http'
import { parkedByReason } from '#libs/messaging'
import { gauge, metrics } from '#libs/observability'
import { openSagas } from '#libs/saga'

/** However many look, the database is asked so often, milliseconds. */
const LOOKS_APART_MS = 5_000

const { labels: parked } = metrics.parked.messages

/** Tells what of this service's messages is parked, and which sagas of these types have not ended, as of the last look. */
export const observeService = (database: Database, consumer: string, sagaTypes: readonly string[]): void => {
  observeParked(database, consumer)
  if (sagaTypes.length > 0) observeSagas(database, sagaTypes)
}

const observeParked = (database: Database, consumer: string): void => {
  const ask = sharedAnswer(() => parkedByReason(database, consumer), LOOKS_APART_MS)
  gauge(metrics.parked.messages, async (messages) => {
    const rows = await ask()
    // There from the beginning, so that the first one is seen as one more.
    for (const status of parked.status.among!)
      for (const reason of parked.reason.among!) messages.set({ reason, status }, 0)
    for (const { reason, status, count } of rows) messages.set({ reason, status }, count)
  })
  gauge(metrics.parked.oldestAge, async (oldest) => {
    const rows = await ask()
    oldest.reset()
    const ages = new Map<string, number>()
    for (const { reason, age } of rows) ages.set(reason, Math.max(age, ages.get(reason) ?? 0))
    for (const [reason, age] of ages) oldest.set({ reason }, age)
  })
}

const observeSagas = (database: Database, types: readonly string[]): void => {
  const ask = sharedAnswer(() => openSagas(database), LOOKS_APART_MS)
  gauge(metrics.saga.instances, async (instances) => {
    const rows = await ask()
    for (const type of types)
      for (const state of metrics.saga.instances.labels.state.among!)
        instances.set({ type, state }, rows.find((row) => row.type === type && row.status === state)?.count ?? 0)
  })
  gauge(metrics.saga.overdue, async (overdue) => {
    const rows = await ask()
    for (const type of types)
      overdue.set({ type }, Math.max(0, ...rows.filter((row) => row.type === type).map((row) => row.overdue)))
  })
}
