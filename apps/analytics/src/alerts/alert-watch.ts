import { setTimeout as delay } from 'node:timers/promises'
import type { StreamTopic } from '#libs/contracts'
import type { GroupCommit, UnitOfWork } from '#libs/database'
import { createLogger, Outage } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import { HOUR, MINUTE } from '#libs/streams'
import { conversionAlert, dayBefore, hourToLookAt } from '../domain/conversion-alert.ts'
import { sellOutAlert, windowToLookAt } from '../domain/sell-out-alert.ts'
import { topology } from '../domain/topology.ts'
import { type Alert, insertAlert } from '../sql/insert-alert.ts'
import { readPace } from '../sql/read-pace.ts'
import { readCounts } from '../sql/read-windows.ts'

const EVERY_MS = 60_000
const ALERTS: StreamTopic = 'analytics-alerts'
/** Who sells most sells out first. Products that are looked at. */
const MOST_PRODUCTS = 1_000

/**
 * Looks once a minute whether the last hour is one to be alarmed about, and whether a product is selling out, and says so on
 * `analytics-alerts`: an alert is a row and leaves by the outbox, in one transaction, so each is told once however many
 * processes look.
 */
export class AlertWatch {
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(private readonly groupCommit: GroupCommit) {}

  start(): void {
    this.#running ??= this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #watch(): Promise<void> {
    const outage = new Outage(createLogger('alerts'), 'looking for alerts')
    while (!this.#stopping.signal.aborted) {
      try {
        const now = Date.now()
        await this.groupCommit.submit({ run: (uow) => lookAtHour(uow, hourToLookAt(now, topology.grace)) })
        await this.groupCommit.submit({ run: (uow) => lookAtStock(uow, windowToLookAt(now)) })
        outage.over()
      } catch (error) {
        outage.failed(error)
      }
      await delay(EVERY_MS, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
    }
  }
}

/** Tells the alert of an hour, unless there is none or it was told. */
export const lookAtHour = async (uow: UnitOfWork, hour: number): Promise<void> => {
  const [now, before] = [await salesOf(uow, hour), await salesOf(uow, dayBefore(hour))]
  const alert = conversionAlert(hour, now, before)
  if (alert !== undefined) await tell(uow, alert)
}

/** Tells of the products that are selling out, by what was sold in the sliding window that begins at `from`. */
export const lookAtStock = async (uow: UnitOfWork, from: number): Promise<void> => {
  const { size } = topology.sellOut.windows
  for (const pace of await readPace(uow, { step: MINUTE, from, to: from + size }, MOST_PRODUCTS)) {
    const alert = sellOutAlert(from, pace)
    if (alert !== undefined) await tell(uow, alert)
  }
}

const tell = async (uow: UnitOfWork, alert: Alert): Promise<void> => {
  if (await insertAlert(uow, alert))
    uow.part(Outbox).addRaw(ALERTS, { key: alert.type, value: JSON.stringify(alert), headers: {} })
}

const salesOf = async (uow: UnitOfWork, hour: number) => {
  const [counted] = await readCounts(uow, { step: HOUR, from: hour, to: hour + HOUR }, 'all', 1)
  return counted?.sums
}
