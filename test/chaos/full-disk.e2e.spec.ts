import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, orderOf } from '../support/client.ts'
import { type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { canMount, type SmallFileSystem, smallFileSystem } from '../support/small-file-system.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'

const MB = 2 ** 20
/** Each kind of file has a real file system of its own, so that each can be the first that is full. */
const ROOM = { simulators: 16 * MB, logs: 16 * MB, broker: 256 * MB, postgres: 512 * MB }
const KINDS = Object.keys(ROOM) as (keyof typeof ROOM)[]
/** How long each is full, milliseconds. */
const FULL_MS = 3_000

const mountable = await canMount()

describe.skipIf(!mountable)('a full disk (needs to mount file systems)', () => {
  const disks = new Map<string, SmallFileSystem>()
  const placed: string[] = []
  let data: string
  let system: RunningSystem
  let client: Client
  let before: StockLevels

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'waybill-full-'))
    for (const kind of KINDS) disks.set(kind, (await smallFileSystem(ROOM[kind], join(data, kind)))!)
    system = await startSystem(data)
    client = new Client(system.url)
    before = await stockLevels(client)
  })
  afterAll(async () => {
    await system?.stop()
    for (const disk of disks.values()) await disk[Symbol.asyncDispose]()
    await rm(data, { recursive: true, force: true })
  })

  /** Orders one after the other for a while; each is answered 201, and is then for ever, or refused by name. */
  const placeMeanwhile = async (milliseconds: number): Promise<void> => {
    const until = performance.now() + milliseconds
    while (performance.now() < until) {
      const order = orderOf({ 'MUG-WHITE-330': 1 }, { customerId: `full-${placed.length % 10}` })
      const { status, body } = await client.place<{ orderId: string; detail?: string }>(order)
      if (status === 201) placed.push(body.orderId)
      else expect([status, typeof body.detail]).toEqual([503, 'string'])
      await pause(30)
    }
  }

  test.each(KINDS)('of %s: everything goes on by itself when there is room, nothing is lost', async (kind) => {
    await placeMeanwhile(500)
    await disks.get(kind)!.leave(0)
    await placeMeanwhile(FULL_MS)
    await disks.get(kind)!.leave(Number.POSITIVE_INFINITY)
    placed.push(await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 })))
    const orders = await Promise.all(placed.map((orderId) => client.terminal(orderId)))
    expect(await violations(client, orders, before)).toEqual([])
  })
})
