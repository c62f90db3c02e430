import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Database, GroupCommit, type UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { Customers } from '../domain/customers.ts'
import { inClear } from '../sealing.fixture.ts'
import { teller } from '../tell.ts'
import { newCampaign } from './api/campaign-request.ts'
import { CampaignCommands } from './campaign-commands.ts'
import { CampaignRunner } from './campaign-runner.ts'
import { readCampaign } from './sql/campaigns.ts'
import { countNotifications } from './sql/recipients.ts'

let server: TestDatabase
let database: Database
let groupCommit: GroupCommit
beforeAll(async () => {
  server = await testDatabase('notification')
  database = new Database(server.url)
  groupCommit = new GroupCommit(database)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})
beforeEach(async () => {
  await database.execute('TRUNCATE notifications, campaigns, campaign_recipients, outbox')
})

const limits = { perHour: 100, overdraft: 50 }
const telling = teller({ customers: new Customers([]), limits, personal: inClear })
const commands = new CampaignCommands(['on-file-1', 'on-file-2'], () => {})
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `cust-${String(n).padStart(4, '0')}`)

const run = async <T extends object>(work: (uow: UnitOfWork) => Promise<T | Refusal>): Promise<T> => {
  const outcome = await groupCommit.submit({ run: work })
  if ('refused' in outcome) throw new Error(JSON.stringify(outcome))
  return outcome as T
}

const create = (wanted: object) => run((uow) => commands.create(uow, newCampaign.parse(wanted), 'operator:ann'))

/** Two on the same tables, as two processes would have them. */
const startRunners = () => {
  const runners = [groupCommit, new GroupCommit(database)].map(
    (own) => new CampaignRunner({ database, groupCommit: own, teller: telling }),
  )
  for (const runner of runners) runner.start()
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(runners.map((runner) => runner.stop()))
    },
  }
}

/** As their channels would, some time later. */
const deliverAll = () => database.execute(`UPDATE notifications SET status = 'sent' WHERE status = 'pending'`)
const told = async (): Promise<string[]> => {
  const rows = await database.query<{ customerId: string }>(
    `SELECT customer_id AS "customerId" FROM notifications ORDER BY customer_id`,
  )
  return rows.map(({ customerId }) => customerId)
}
const stateOf = async (id: string) => (await readCampaign(database, id))?.state

test('each customer is told once, whoever of two does it, and no more are under way than the window', async () => {
  const { id } = await create({ template: 'season_sale', segment: { customerIds: [...ids(900), ...ids(10)] } })
  await using _ = startRunners()
  let most = 0
  await expect
    .poll(
      async () => {
        const { pending = 0 } = await countNotifications(database, id)
        most = Math.max(most, pending)
        await deliverAll()
        return stateOf(id)
      },
      { timeout: 20_000 },
    )
    .toBe('completed')
  expect(await told()).toEqual(ids(900))
  expect(await readCampaign(database, id)).toMatchObject({ total: 900, told: 900 })
  expect(await countNotifications(database, id)).toEqual({ sent: 900 })
  expect(most).toBeLessThanOrEqual(400)
})

test('a pause tells nobody more, and after it everybody who was not told is', async () => {
  const { id } = await create({ template: 'free_delivery', segment: { customerIds: ids(600) } })
  await using _ = startRunners()
  await expect.poll(async () => (await told()).length, { timeout: 10_000 }).toBe(400)
  await run((uow) => commands.command(uow, id, 'pause'))
  await deliverAll()
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await told()).toHaveLength(400)
  await run((uow) => commands.command(uow, id, 'resume'))
  await expect.poll(async () => (await told()).length, { timeout: 10_000 }).toBe(600)
  await deliverAll()
  await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('completed')
})

test('one that is cancelled tells nobody more and says so', async () => {
  const { id } = await create({ template: 'free_delivery', segment: { customerIds: ids(500) } })
  await run((uow) => commands.command(uow, id, 'cancel'))
  await using _ = startRunners()
  await expect(run((uow) => commands.command(uow, id, 'resume'))).rejects.toThrow('it is cancelled')
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await told()).toEqual([])
  expect(await database.query('SELECT FROM campaign_recipients')).toEqual([])
})

test('one with a time waits for it', async () => {
  const at = new Date(Date.now() + 1_500).toISOString()
  const { id, state } = await create({ template: 'free_delivery', segment: 'everybody', at })
  expect(state).toBe('scheduled')
  await using _ = startRunners()
  await expect.poll(told, { timeout: 10_000 }).toEqual(['on-file-1', 'on-file-2'])
  const { startedAt } = (await readCampaign(database, id))!
  expect(startedAt!.toISOString() >= at).toBe(true)
})

test('a segment that nobody is in is refused', async () => {
  const toldSince = new Date(Date.now() + 60_000).toISOString()
  await expect(create({ template: 'free_delivery', segment: { toldSince } })).rejects.toThrow('nobody_to_tell')
})
