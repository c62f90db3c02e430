import { setTimeout as delay } from 'node:timers/promises'
import type { StreamTopic } from '#libs/contracts'
import type { GroupCommit, UnitOfWork } from '#libs/database'
import { createLogger, Outage } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import { HOUR } from '#libs/streams'
import { conversionAlert, dayBefore, hourToLookAt } from '../domain/conversion-alert.ts'
import { topology } from '../domain/topology.ts'
import { insertAlert } from '../sql/insert-alert.ts'
import { readCounts } from '../sql/read-windows.ts'

const EVERY_MS = 60_000
const ALERTS: StreamTopic = 'analytics-alerts'

/**
 * Looks once a minute whether the last hour is one to be alarmed about, and says so on `analytics-alerts`: an alert is a row
 * and leaves by the outbox, in one transaction, so each is told once however many processes look.
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
        await this.groupCommit.submit({ run: (uow) => lookAt(uow, hourToLookAt(Date.now(), topology.grace)) })
        outage.over()
      } catch (error) {
        outage.failed(error)
      }
      await delay(EVERY_MS, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
    }
  }
}

/** Tells the alert of an hour, unless there is none or it was told. */
export const lookAt = async (uow: UnitOfWork, hour: number): Promise<void> => {
  const [now, before] = [await salesOf(uow, hour), await salesOf(uow, dayBefore(hour))]
  const alert = conversionAlert(hour, now, before)
  if (alert === undefined || !(await insertAlert(uow, alert))) return
  uow.part(Outbox).addRaw(ALERTS, { key: alert.type, value: JSON.stringify(alert), headers: {} })
}

const salesOf = async (uow: UnitOfWork, hour: number) => {
  const [counted] = await readCounts(uow, { step: HOUR, from: hour, to: hour + HOUR }, 'all', 1)
  return counted?.sums
}
