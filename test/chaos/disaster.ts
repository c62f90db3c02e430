import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { ROOT } from '../../scripts/root.ts'
import { Client, type Order, TERMINAL } from '../support/client.ts'
import { type StockLevels, violations } from '../support/oracle.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { inParallel, type PlannedOrder } from '../support/workload.ts'

const run = promisify(execFile)
/** What docs/backup.md says of a restored system. */
const ALLOWED = {
  /** A mail that was sent after the backup is sent again: mostly its server knows it by its id. */
  repeatedMails: Number.MAX_SAFE_INTEGER,
  /** The carrier tells of parcels that nobody knows yet. */
  mayStayParked: /"topic":"carrier-events".*"error":"unknown_shipment"/,
}
/** A customer may be told twice. */
const TOLD_TWICE = / was told 2 times$/

/** What is wrong with a restored system that no restore can help. */
export const violationsAfter = async (
  system: RunningSystem,
  orders: readonly Order[],
  before: StockLevels,
): Promise<string[]> => {
  const found = await violations(new Client(system.url), orders, before, ALLOWED)
  return found.filter((violation) => !TOLD_TWICE.test(violation))
}

/** `npm run backup` or `npm run restore`; answers what it said. */
export const command = async (name: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(ROOT, `dist/scripts/${name}.js`), ...args], { cwd: ROOT })).stdout

/** Places these orders, and cancels those that are to be; `placed` is told of each as soon as it is acknowledged. */
export const placeAll = (client: Client, planned: readonly PlannedOrder[], placed: string[]): Promise<unknown> =>
  inParallel(planned, 8, async ({ request, cancel }) => {
    const orderId = await client.placeSurely(request)
    placed.push(orderId)
    if (cancel) await client.cancelSurely(orderId)
  })

/** Resolves when the order is in its topic. */
export const published = async (client: Client, orderId: string): Promise<void> => {
  const isThere = async () =>
    (await client.order(orderId)).timeline.some(({ type }) => type === 'order.placed') || undefined
  await until('the order to be in its topic', isThere)
}

/** What was measured is worth knowing. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** `kill -9`, of the supervisor first, so that nobody is started again. */
export const destroy = async (system: RunningSystem): Promise<void> => {
  const pids = await system.processes()
  for (const name of ['supervisor', ...pids.keys()]) process.kill(pids.get(name)!, 'SIGKILL')
  await until('every process to be gone', async () => [...pids.values()].every((pid) => !isThere(pid)) || undefined)
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export interface Disaster {
  /** Of the world outside, which outlived it. */
  readonly simulators: string
  readonly backups: string
  /** The orders that were acknowledged. */
  readonly placed: readonly string[]
}

export interface Restored {
  readonly system: RunningSystem
  /** Those of the orders that are known there, at their ends. */
  readonly orders: readonly Order[]
  /** What the restore said. */
  readonly told: string
}

/** Restores to a new place, starts there, and waits for the ends of those of the orders that are known there. */
export const restored = async (
  { simulators, backups, placed }: Disaster,
  folder: string,
  ...options: string[]
): Promise<Restored> => {
  await cp(simulators, join(folder, 'simulators'), { recursive: true })
  const began = performance.now()
  const told = await command('restore', '--from', backups, '--to', folder, ...options)
  say(told)
  const system = await startSystem(folder)
  const client = new Client(system.url)
  say(`at work again ${((performance.now() - began) / 1_000).toFixed(1)} s after the restore began`)
  const known: string[] = []
  for (const orderId of placed) {
    const { status } = await client.call('GET', `/api/orders/${orderId}`)
    if (status === 200) known.push(orderId)
    else expect(status).toBe(404)
  }
  return { system, told, orders: await ended(client, known) }
}

const ended = (client: Client, orderIds: readonly string[]): Promise<Order[]> => {
  let underWay: readonly Order[] = []
  return until(
    () => `every order to end, also ${JSON.stringify(underWay.slice(0, 3))} and so on, ${underWay.length} in all`,
    async () => {
      const now = await Promise.all(orderIds.map((orderId) => client.order(orderId)))
      underWay = now.filter(({ status }) => !TERMINAL.has(status))
      return underWay.length === 0 ? now : undefined
    },
    { timeoutMs: 240_000, everyMs: 2_000 },
  )
}
