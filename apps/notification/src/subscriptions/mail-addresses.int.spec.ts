import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Database } from '#libs/database'
import { testDatabase } from '#libs/testing'
import { type Simulators, startSimulators, temporaryDirectory } from '../../../simulators/src/testing/simulators.ts'
import { startReceiver } from './receiver.fixture.ts'
import { placed, quick, startSubscriptions } from './subscriptions.fixture.ts'

let simulators: Simulators
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
beforeAll(async () => {
  directory = await temporaryDirectory()
  simulators = await startSimulators(directory.path)
})
afterAll(async () => {
  await simulators.stop()
  await directory[Symbol.asyncDispose]()
})

type System = Awaited<ReturnType<typeof startSubscriptions>>
type Options = Parameters<typeof startSubscriptions>[0]
const start = (options: Options = {}) => startSubscriptions({ smtpPort: simulators.smtpPort, ...options })

let numbers = 0
const anAddress = () => `reader-${++numbers}@example.com`
afterEach(() => {
  numbers += 100
})
const everything = { types: ['#'] }
const byMail = (address: string) => ({ to: 'email', address }) as const

/** The newest first. */
const mailsTo = async (address: string): Promise<{ subject: string; text: string; messageId: string }[]> =>
  (await simulators.get(`/mailbox?to=${encodeURIComponent(address)}`)).body.items
const mailsArrive = (address: string, count: number) =>
  expect.poll(async () => (await mailsTo(address)).length, { timeout: 10_000 }).toBe(count)
const tokenIn = ({ text }: { text: string }): string => /confirm-subscription#(\S+)/.exec(text)![1]!

/** The link of the newest mail. */
const linkOf = async (address: string, count = 1): Promise<string> => {
  await mailsArrive(address, count)
  return tokenIn((await mailsTo(address))[0]!)
}
const confirm = (system: System, token: string) => system.work((uow) => system.commands.confirm(uow, token))
const stateOf = async (system: System, id: string) => (await system.find(id)).state

test('an address is told nothing before its reader has followed the link, and then what happens from there on', async () => {
  await using system = await start()
  const address = anAddress()
  const { id, state } = await system.subscribe(everything, byMail(address))
  expect(state).toBe('confirming')
  const token = await linkOf(address)
  await expect
    .poll(async () => (await system.deliveries(id))[0])
    .toMatchObject({
      ...{ kind: 'confirm', state: 'pending', attempts: 1, sentAt: expect.any(Date) },
    })
  await system.tell(placed())
  expect(await confirm(system, token)).toMatchObject({ id, state: 'active' })
  const { confirmedAt, confirmBy } = await system.find(id)
  expect({ confirmedAt, confirmBy }).toEqual({ confirmedAt: expect.any(Date), confirmBy: null })
  await system.tell(placed())
  await mailsArrive(address, 2)
  expect((await mailsTo(address))[0]!.subject).toMatch(/^order\.placed/)
  await expect
    .poll(async () => (await system.deliveries(id)).map((each) => [each.kind, each.state, each.attempts]))
    .toEqual([
      ['confirm', 'delivered', 1],
      ['event', 'delivered', 1],
    ])
})

test('a link confirms once: followed again it changes nothing, and it switches nothing on again', async () => {
  await using system = await start()
  const address = anAddress()
  const { id } = await system.subscribe(everything, byMail(address))
  const token = await linkOf(address)
  await confirm(system, token)
  const { confirmedAt } = await system.find(id)
  await confirm(system, token)
  expect((await system.find(id)).confirmedAt).toEqual(confirmedAt)
  const deeds = await system.database.query(`SELECT FROM audit_entries WHERE action = 'subscription.confirm'`)
  expect(deeds).toHaveLength(1)
  await system.work((uow) => system.commands.change(uow, id, { state: 'off' }))
  await expect(confirm(system, token)).rejects.toThrow('confirmation_over')
  await system.work((uow) => system.commands.change(uow, id, { state: 'active' }))
  await expect(confirm(system, token)).rejects.toThrow('confirmation_over')
  expect(await stateOf(system, id)).toBe('confirming')
  await confirm(system, await linkOf(address, 2))
})

test('what the API shows confirms nothing, nor does the link of another question or of an address of before', async () => {
  await using system = await start()
  const [address, other] = [anAddress(), anAddress()]
  const { id } = await system.subscribe(everything, byMail(address))
  await system.subscribe(everything, byMail(other))
  const [token, others] = [await linkOf(address), await linkOf(other)]
  const [question] = await system.deliveries(id)
  const mixed = `${question!.id}.${others.split('.')[1]}`
  for (const wrong of [question!.id, `${question!.id}.`, mixed, '', 'x'.repeat(80)])
    await expect(confirm(system, wrong)).rejects.toThrow('unknown_confirmation')
  const moved = anAddress()
  await system.work((uow) => system.commands.change(uow, id, { deliver: byMail(moved) }))
  await expect(confirm(system, token)).rejects.toThrow('unknown_confirmation')
  expect(await stateOf(system, id)).toBe('confirming')
  await confirm(system, await linkOf(moved))
})

test('the secret of a webhook, which is shown, does not sign the link of the address that it is moved to', async () => {
  await using system = await start()
  await using receiver = await startReceiver()
  const { id, secrets } = await system.subscribe(everything, { to: 'webhook', url: receiver.url, ordered: false })
  const address = anAddress()
  await system.work((uow) => system.commands.change(uow, id, { deliver: byMail(address) }))
  expect((await system.find(id)).secrets).not.toEqual(secrets)
  await confirm(system, await linkOf(address))
})

test('an address is mailed three times a day, however it is spelt and whatever becomes of its subscriptions', async () => {
  await using system = await start()
  const address = anAddress()
  const { id } = await system.subscribe(everything, byMail(address))
  const first = await linkOf(address)
  await system.work((uow) => system.commands.askAgain(uow, id))
  const second = await linkOf(address, 2)
  await expect(confirm(system, first)).rejects.toThrow('confirmation_over')
  await system.work((uow) => system.commands.remove(uow, id))
  await expect(confirm(system, second)).rejects.toThrow('unknown_confirmation')
  const again = await system.subscribe(everything, byMail(address.replace('@', '+again@')))
  for (const spelt of [address, address.toUpperCase(), address.replace('@', '+more@')])
    await expect(system.subscribe(everything, byMail(spelt))).rejects.toThrow('asked_too_often')
  await expect(system.work((uow) => system.commands.askAgain(uow, again.id))).rejects.toThrow('asked_too_often')
  // What is refused leaves the question that was asked as it was.
  await confirm(system, await linkOf(address.replace('@', '+again@')))
  await mailsArrive(address, 2)
})

test('an address that has not said yes in time is switched off, which is told', async () => {
  await using system = await start({ confirmMs: 1_000 })
  const address = anAddress()
  const { id } = await system.subscribe(everything, byMail(address))
  const token = await linkOf(address)
  await expect.poll(() => stateOf(system, id), { timeout: 10_000 }).toBe('off')
  expect(await system.find(id)).toMatchObject({ offReason: 'not_confirmed', confirmBy: null })
  expect(await system.deliveries(id)).toMatchObject([
    { state: 'failed', attempts: 1, lastError: 'nobody has confirmed the address in time' },
  ])
  const told = await system.database.query<{ value: string }>('SELECT value FROM outbox')
  expect(told.map(({ value }) => JSON.parse(value))).toMatchObject([{ to: 'email', reason: 'not_confirmed' }])
  await expect(confirm(system, token)).rejects.toThrow('confirmation_over')
  await mailsArrive(address, 1)
})

test('a mail server that is away is tried again, and the mail is sent once', async () => {
  await using elsewhere = await temporaryDirectory()
  const first = await startSimulators(elsewhere.path)
  const { smtpPort } = first
  await first.stop()
  await using system = await start({ smtpPort, patience: { ...quick, firstRetryMs: 200 } })
  const address = anAddress()
  const { id } = await system.subscribe(everything, byMail(address))
  await expect.poll(async () => (await system.find(id)).failures).toBeGreaterThan(0)
  await using _back = await startSimulators(elsewhere.path, { SMTP_PORT: smtpPort })
  await expect.poll(async () => (await system.deliveries(id))[0]?.sentAt, { timeout: 10_000 }).toBeInstanceOf(Date)
  expect(await system.find(id)).toMatchObject({ state: 'confirming', failures: 0 })
  const [sent] = await system.deliveries(id)
  // Whatever is due is made before something that became due later.
  await system.subscribe(everything, byMail(anAddress()))
  await expect.poll(async () => (await _back.get('/mailbox')).body.items.length, { timeout: 10_000 }).toBe(2)
  expect((await system.deliveries(id))[0]).toEqual(sent)
})

test('the migration leaves those who were told alone, and asks those who were not', async () => {
  const server = await testDatabase('notification')
  const database = new Database(server.url)
  try {
    const migration = `${import.meta.dirname}/../../../../prisma/notification/migrations/20261128091500_mail_addresses_are_asked`
    await database.execute('ALTER TABLE subscriptions DROP COLUMN confirm_by, DROP COLUMN confirmed_at')
    await database.execute('ALTER TABLE subscription_deliveries DROP COLUMN asked_address, DROP COLUMN sent_at')
    await database.execute(
      `INSERT INTO subscriptions (id, filter, deliver, state, secrets, active_since, created_at, updated_at)
       SELECT id::uuid, '{"types":["#"]}', deliver::json, 'active', '[]', now(), now(), now() FROM (VALUES
         ('00000000-0000-4000-8000-000000000001', '{"to":"email","address":"told@example.com"}'),
         ('00000000-0000-4000-8000-000000000002', '{"to":"email","address":"new@example.com"}'),
         ('00000000-0000-4000-8000-000000000003', '{"to":"queue","name":"all"}')) AS old(id, deliver)`,
    )
    await database.execute(
      `INSERT INTO subscription_deliveries (id, subscription_id, kind, event_id, event_type, event_key, state, due_at,
                                            give_up_at, created_at)
       VALUES (gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'event', 'e', 'order.placed', 'k', 'delivered',
               now(), now(), now())`,
    )
    const statements = readFileSync(`${migration}/migration.sql`, 'utf8').split(/;\s*$/m)
    for (const statement of statements) if (statement.trim() !== '') await database.execute(statement)
    const found = await database.query<{ state: string; confirmed: boolean; asked: number; secrets: unknown[] }>(
      `SELECT state, confirmed_at IS NOT NULL AS confirmed, secrets, (SELECT count(*)::int FROM subscription_deliveries d
          WHERE d.subscription_id = s.id AND kind = 'confirm' AND state = 'pending' AND give_up_at = s.confirm_by) AS asked
         FROM subscriptions s ORDER BY id`,
    )
    expect(found).toEqual([
      { state: 'active', confirmed: false, asked: 0, secrets: [] },
      {
        state: 'confirming',
        confirmed: false,
        asked: 1,
        secrets: [{ secret: expect.stringMatching(/^whsec_.{44}$/) }],
      },
      { state: 'active', confirmed: true, asked: 0, secrets: [] },
    ])
  } finally {
    await database.close()
    await server.drop()
  }
})
