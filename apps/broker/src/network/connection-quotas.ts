import type { LiveSettings } from '../config/live-settings.ts'
import type { QuotaTable } from '../quotas/quota-table.ts'
import type { Flow } from '../quotas/token-bucket.ts'
import { AddressQuotas } from './address-quotas.ts'
import { ConnectionCount, type ConnectionLimits } from './connection-count.ts'

/** What the connections of all listeners share. */
export class ConnectionQuotas {
  readonly all: ConnectionCount
  readonly addresses: AddressQuotas
  private readonly onRoom = new Set<() => void>()

  constructor(
    quotas: QuotaTable,
    private readonly settings: LiveSettings['values'],
    private readonly now: () => number,
  ) {
    const limits = () => ({ total: settings['max.connections'], rate: settings['max.connection.creation.rate'] })
    this.all = this.countOf(limits)
    this.addresses = new AddressQuotas(quotas, () => settings['max.connections.per.ip'], this.flowOf, now)
  }

  countOf(limits: () => ConnectionLimits): ConnectionCount {
    return new ConnectionCount(limits, this.flowOf, this.now)
  }

  /** Calls back whenever a connection of any listener is gone; returns how to end that. */
  whenRoom(callback: () => void): () => void {
    this.onRoom.add(callback)
    return () => this.onRoom.delete(callback)
  }

  tellRoom(): void {
    for (const callback of [...this.onRoom]) callback()
  }

  private readonly flowOf = (rate: number): Flow => {
    const windows = Math.max(1, this.settings['quota.window.num'] - 1)
    return { rate, most: rate * windows * this.settings['quota.window.size.seconds'] }
  }
}
