import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../scripts/root.ts'
import { Client, type Order, TERMINAL } from '../support/client.ts'
import { type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

const run = promisify(execFile)
const ORDERS = Number(process.env.DISASTER_ORDERS ?? 120)
const SEED = Number(process.env.CHAOS_SEED ?? 20_260_101)
/** A mail that was sent after the backup is sent again: mostly its server knows it by its id. */
const ANY_MAILS = { repeatedMails: Number.MAX_SAFE_INTEGER }
/** What docs/backup.md says of a restored system: a customer may be told twice, and the carrier of parcels that nobody knows yet. */
const KNOWN = [/ was told 2 times$/, /"topic":"carrier-events".*"error":"unknown_shipment"/]
const violationsOf = async (system: RunningSystem, orders: readonly Order[]): Promise<string[]> => {
  const found = await violations(new Client(system.url), orders, before, ANY_MAILS)
  return found.filter((violation) => !KNOWN.some((known) => known.test(violation)))
}

const command = async (name: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(ROOT, `dist/scripts/${name}.js`), ...args], { cwd: ROOT })).stdout

/** What was measured is worth knowing. */
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let place: string
const at = (name: string): string => join(place, name)

/** Acknowledged before the backup began, and all. */
const placed = { before: [] as string[], all: [] as string[] }
let before: StockLevels

/** Orders under load, a backup under them, more orders; then everything dies, and nothing is left but the world outside. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'waybill-disaster-'))
  const system = await startSystem(at('lost'))
  const client = new Client(system.url)
  before = await stockLevels(client)
  const planned = await plan(client, ORDERS, { ...everyday, returned: 0 }, seeded(SEED))
  const order = (some: typeof planned) =>
    inParallel(some, 8, async ({ request, cancel }) => {
      const orderId = await client.placeSurely(request)
      placed.all.push(orderId)
      if (cancel) await client.cancelSurely(orderId)
    })
  const third = Math.floor(ORDERS / 3)
  await order(planned.slice(0, third))
  placed.before.push(...placed.all)
  const [told] = await Promise.all([
    command('backup', '--data', system.data, '--to', at('backups')),
    order(planned.slice(third, 2 * third)),
  ])
  say(told)
  await order(planned.slice(2 * third))
  const published = async () =>
    (await client.order(placed.all.at(-1)!)).timeline.some(({ type }) => type === 'order.placed') || undefined
  await until('the last order to be in its topic', published)
  await destroy(system)
  await cp(join(system.data, 'simulators'), at('outside'), { recursive: true })
  await cp(join(system.data, 'broker'), at('log'), { recursive: true })
  await rm(system.data, { recursive: true })
}, 300_000)
afterAll(() => (process.env.KEEP ? undefined : rm(place, { recursive: true, force: true })))

/** `kill -9`, of the supervisor first, so that nobody is started again. */
const destroy = async (system: RunningSystem): Promise<void> => {
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

/** Restores to a new place, starts there, and waits for the ends of those of the orders that are known there. */
const restored = async (folder: string, ...options: string[]): Promise<{ system: RunningSystem; orders: Order[] }> => {
  await cp(at('outside'), join(folder, 'simulators'), { recursive: true })
  const began = performance.now()
  say(await command('restore', '--from', at('backups'), '--to', folder, ...options))
  const system = await startSystem(folder)
  const client = new Client(system.url)
  say(`at work again ${((performance.now() - began) / 1_000).toFixed(1)} s after the restore began`)
  const known: string[] = []
  for (const orderId of placed.all) {
    const { status } = await client.call('GET', `/api/orders/${orderId}`)
    if (status === 200) known.push(orderId)
    else expect(status).toBe(404)
  }
  let underWay: readonly Order[] = []
  const orders = await until(
    () => `every order to end, also ${JSON.stringify(underWay.slice(0, 3))} and so on, ${underWay.length} in all`,
    async () => {
      const now = await Promise.all(known.map((orderId) => client.order(orderId)))
      underWay = now.filter(({ status }) => !TERMINAL.has(status))
      return underWay.length === 0 ? now : undefined
    },
    { timeoutMs: 240_000, everyMs: 2_000 },
  )
  return { system, orders }
}

/** The bundled broker's files are a part of what is lost. */
describe.runIf(process.env.KAFKA_BROKERS === undefined)('everything is destroyed under orders', () => {
  test('and restored from a backup: no order is lost that was acknowledged before it, nothing is doubled', {
    timeout: 600_000,
  }, async () => {
    const { system, orders } = await restored(at('all'))
    try {
      const known = new Set(orders.map(({ orderId }) => orderId))
      expect(placed.before.filter((orderId) => !known.has(orderId))).toEqual([])
      say(`${known.size} of ${placed.all.length} orders, ${placed.before.length} of them from before the backup`)
      expect(known.size).toBeLessThan(placed.all.length)
      expect(await violationsOf(system, orders)).toEqual([])
    } finally {
      await system.stop()
    }
  })

  test('but the topics, and no order at all is lost', { timeout: 600_000 }, async () => {
    await cp(at('log'), join(at('databases'), 'broker'), { recursive: true })
    const { system, orders } = await restored(at('databases'), '--keep-broker')
    try {
      expect(orders.map(({ orderId }) => orderId).toSorted()).toEqual(placed.all.toSorted())
      expect(await violationsOf(system, orders)).toEqual([])
    } finally {
      await system.stop()
    }
  })

  test('what is no backup, is damaged, or would be written over something is refused, and nothing is left', async () => {
    const refusal = (...args: string[]): Promise<string> =>
      command('restore', ...args).then(
        () => 'done',
        (error: { code: number; stderr: string }) => `${error.code} ${error.stderr}`,
      )
    const to = ['--to', at('nowhere')]
    expect(await refusal('--from', at('missing'), ...to)).toMatch(/^1 restore: there is no /)
    await mkdir(at('empty'))
    expect(await refusal('--from', at('empty'), ...to)).toMatch(/no finished backup/)
    expect(await refusal('--from', at('backups'), '--to', at('outside'))).toMatch(/is not empty/)
    expect(await refusal('--from', at('backups'), ...to, '--until', '2026-01-01T00:00:00Z')).toMatch(/--wal/)
    await cp(at('backups'), at('damaged'), { recursive: true })
    await run('sh', [
      '-c',
      `for f in $(find '${at('damaged')}' -name '*.log' -size +1k | head -1); do echo x >> "$f"; done`,
    ])
    expect(await refusal('--from', at('damaged'), ...to)).toMatch(/is not whole.*\.log is damaged/s)
    await expect(readFile(at('nowhere'))).rejects.toThrow(/ENOENT/)
  })
})
