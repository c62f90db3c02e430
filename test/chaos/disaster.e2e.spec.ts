import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { type StockLevels, stockLevels } from '../support/oracle.ts'
import { startSystem } from '../support/system.ts'
import { everyday, plan, seeded } from '../support/workload.ts'
import { command, destroy, placeAll, published, restored, say, violationsAfter } from './disaster.ts'

const run = promisify(execFile)
const ORDERS = Number(process.env.DISASTER_ORDERS ?? 120)
const SEED = Number(process.env.CHAOS_SEED ?? 20_260_101)
let place: string
const at = (name: string): string => join(place, name)

/** Acknowledged before the backup began, and all. */
const placed = { before: [] as string[], all: [] as string[] }
let before: StockLevels
const disaster = () => ({ simulators: at('outside'), backups: at('backups'), placed: placed.all })

/** Orders under load, a backup under them, more orders; then everything dies, and nothing is left but the world outside. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'waybill-disaster-'))
  const system = await startSystem(at('lost'))
  const client = new Client(system.url)
  before = await stockLevels(client)
  const planned = await plan(client, ORDERS, { ...everyday, returned: 0 }, seeded(SEED))
  const order = (some: typeof planned) => placeAll(client, some, placed.all)
  const third = Math.floor(ORDERS / 3)
  await order(planned.slice(0, third))
  placed.before.push(...placed.all)
  const [told] = await Promise.all([
    command('backup', '--data', system.data, '--to', at('backups')),
    order(planned.slice(third, 2 * third)),
  ])
  say(told)
  await order(planned.slice(2 * third))
  await published(client, placed.all.at(-1)!)
  await destroy(system)
  await cp(join(system.data, 'simulators'), at('outside'), { recursive: true })
  await cp(join(system.data, 'broker'), at('log'), { recursive: true })
  await rm(system.data, { recursive: true })
}, 300_000)
afterAll(() => (process.env.KEEP ? undefined : rm(place, { recursive: true, force: true })))

/** The bundled broker's files are a part of what is lost. */
describe.runIf(process.env.KAFKA_BROKERS === undefined)('everything is destroyed under orders', () => {
  test('and restored from a backup: no order is lost that was acknowledged before it, nothing is doubled', {
    timeout: 600_000,
  }, async () => {
    const { system, orders } = await restored(disaster(), at('all'))
    try {
      const known = new Set(orders.map(({ orderId }) => orderId))
      expect(placed.before.filter((orderId) => !known.has(orderId))).toEqual([])
      say(`${known.size} of ${placed.all.length} orders, ${placed.before.length} of them from before the backup`)
      expect(known.size).toBeLessThan(placed.all.length)
      expect(await violationsAfter(system, orders, before)).toEqual([])
    } finally {
      await system.stop()
    }
  })

  test('but the topics, and no order at all is lost', { timeout: 600_000 }, async () => {
    await cp(at('log'), join(at('databases'), 'broker'), { recursive: true })
    const { system, orders } = await restored(disaster(), at('databases'), '--keep-broker')
    try {
      expect(orders.map(({ orderId }) => orderId).toSorted()).toEqual(placed.all.toSorted())
      expect(await violationsAfter(system, orders, before)).toEqual([])
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
