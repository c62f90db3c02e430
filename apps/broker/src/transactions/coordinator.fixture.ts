import type { ManualClock } from '../clock.fixture.ts'
import type { LiveSettings } from '../config/live-settings.ts'
import type { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { GroupCoordinator } from '../groups/coordinator.ts'
import { LogManager } from '../log/log-manager.ts'
import { Controller } from '../metadata/controller.ts'
import { ProducerIds } from '../metadata/producer-ids.ts'
import { TransactionCoordinator } from './coordinator.ts'

/** What a broker has to do with transactions, on a disk and a clock of the test. */
export async function bootTransactions(fs: MemoryFileSystem, clock: ManualClock, settings: LiveSettings) {
  const logs = await LogManager.open({ fs, dataDir: '/data', now: clock.now, tailBytes: 500 })
  const controller = await Controller.open(logs, settings)
  const { topics } = controller
  const groups = await GroupCoordinator.open(logs, settings.values, clock)
  const parts = { logs, topics, groups, producerIds: new ProducerIds(controller), settings: settings.values, clock }
  const transactions = await TransactionCoordinator.open(parts)
  /** Nothing is done any more by this life. */
  const end = () => {
    groups.close()
    transactions.close()
  }
  const close = async () => {
    end()
    await logs.close()
  }
  return { logs, clusterId: controller.clusterId, controller, topics, groups, transactions, end, close }
}

export type Booted = Awaited<ReturnType<typeof bootTransactions>>
