import { LiveSettings } from '../config/live-settings.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { LogManager } from '../log/log-manager.ts'
import { Controller } from './controller.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import type { Topics } from './topics.ts'

/** What a broker has to do with metadata, on a disk of the test. */
export async function bootController(fs: FileSystem, redo = { bytes: 64 * 1024, afterRounds: 50 }) {
  const logs = await LogManager.open({ fs, dataDir: '/data', now: () => 1000, tailBytes: 500, redo })
  const settings = new LiveSettings({})
  const controller = await Controller.open(logs, settings)
  const close = async () => {
    await controller.settled()
    await logs.close()
  }
  return { logs, settings, controller, topics: controller.topics, close }
}

export type BootedController = Awaited<ReturnType<typeof bootController>>

/** For what must not be refused. */
export async function granted<T>(promise: Promise<T | Refusal>): Promise<T> {
  const value = await promise
  if (isRefusal(value)) throw new Error(value.errorMessage)
  return value
}

export const namesIn = (topics: Topics): string[] =>
  [...topics.all()].map(({ name, partitions }) => `${name} ${partitions}`)
