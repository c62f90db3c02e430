import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { secretsAt } from '../domain/subscriptions/subscription.ts'
import { startReceiver } from './receiver.fixture.ts'
import { placed, quick, startSubscriptions } from './subscriptions.fixture.ts'

const everything = { types: ['#'] }
const large = { types: ['order.*'], match: { '/total/amount': { '>=': 10_000 } } }
const webhook = (url: string, ordered = false) => ({ to: 'webhook', url, ordered }) as const
type System = Awaited<ReturnType<typeof startSubscriptions>>

const isIn = (system: System, id: string, state: string) =>
  expect.poll(async () => (await system.find(id)).state, { timeout: 10_000 }).toBe(state)

test('an endpoint is asked first, then told what its filter means, signed', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions()
  const { id, secrets } = await system.subscribe(large, webhook(receiver.url))
  receiver.verifyWith(secrets[0]!.secret)
  await isIn(system, id, 'active')
  await system.tell(placed(12_000), placed(9_999), placed(10_000))
  await expect.poll(() => receiver.received.length).toBe(2)
  expect(receiver.problems).toEqual([])
  expect(receiver.received[0]!.body).toMatchObject({ type: 'order.placed', key: 'cust-0001', data: { total: {} } })
  const [question, ...deliveries] = await system.deliveries(id)
  expect(question).toMatchObject({ kind: 'confirm', state: 'delivered', attempts: 1 })
  await expect
    .poll(async () => (await system.deliveries(id)).slice(1).map(({ state }) => state))
    .toEqual(['delivered', 'delivered'])
  expect(deliveries.map((each) => each.id)).toEqual(receiver.received.map(({ webhookId }) => webhookId))
})

test('one that does not repeat the challenge is told nothing', async () => {
  await using receiver = await startReceiver()
  receiver.confirmNever()
  await using system = await startSubscriptions({ patience: { ...quick, giveUpMs: 300 } })
  const { id } = await system.subscribe(everything, webhook(receiver.url))
  await system.tell(placed())
  await isIn(system, id, 'off')
  expect((await system.find(id)).offReason).toBe('not_confirmed')
  expect(receiver.received).toEqual([])
})

test('a fact that is handled again is the same delivery', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions()
  const { id } = await system.subscribe(everything, webhook(receiver.url))
  await isIn(system, id, 'active')
  const fact = placed()
  await Promise.all([system.tell(fact, fact), system.tell(fact)])
  await system.tell(fact)
  await system.tell(placed())
  await expect.poll(() => receiver.received.length).toBe(2)
  expect(await system.deliveries(id)).toHaveLength(3)
})

test('what fails is sent again by the same id; what one of its key waits for is sent behind it where order is asked for', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions()
  const { id } = await system.subscribe(everything, webhook(receiver.url, true))
  await isIn(system, id, 'active')
  let refused = 0
  receiver.answerWith(({ body }, response) => {
    const isBad = body.key === 'cust-a' && refused < 2
    if (isBad) refused++
    response.writeHead(isBad ? 500 : 200).end()
  })
  const [first, second, other] = [placed(1, 'cust-a'), placed(2, 'cust-a'), placed(3, 'cust-b')]
  await system.tell(first, second, other)
  await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(5)
  const ofA = receiver.received.filter(({ body }) => body.key === 'cust-a')
  expect(ofA.map(({ body }) => body.id)).toEqual([first.id, first.id, first.id, second.id])
  expect(new Set(ofA.map(({ webhookId }) => webhookId)).size).toBe(2)
  await expect.poll(async () => (await system.deliveries(id)).at(1)).toMatchObject({ state: 'delivered', attempts: 3 })
})

test('an endpoint that is slow keeps nobody else waiting, and gets no more than it may have at once', async () => {
  await using slow = await startReceiver()
  await using fast = await startReceiver()
  await using system = await startSubscriptions()
  const held: (() => void)[] = []
  slow.answerWith((_received, response) => held.push(() => response.end()))
  const one = await system.subscribe(everything, webhook(slow.url))
  const two = await system.subscribe(everything, webhook(fast.url))
  await isIn(system, one.id, 'active')
  await isIn(system, two.id, 'active')
  await system.tell(...Array.from({ length: 10 }, () => placed()))
  await expect.poll(() => fast.received.length).toBe(10)
  expect(slow.received).toHaveLength(2)
  for (let answered = 0; answered < 10; answered++) {
    await expect.poll(() => held.length).toBeGreaterThan(answered)
    held[answered]!()
  }
  await expect.poll(() => slow.received.length).toBe(10)
})

test('an endpoint that is dead is switched off, which is told; switched on again it is asked, and gets what it was owed', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions({ patience: { ...quick, giveUpMs: 400 } })
  const { id } = await system.subscribe(everything, webhook(receiver.url))
  await isIn(system, id, 'active')
  receiver.answerWith((_received, response) => response.writeHead(503).end())
  await system.tell(placed())
  await isIn(system, id, 'off')
  expect(await system.find(id)).toMatchObject({ offReason: 'endpoint_dead' })
  const told = await system.database.query<{ topic: string; value: string }>(`SELECT topic, value FROM outbox`)
  expect(told.map(({ topic, value }) => ({ topic, ...JSON.parse(value) }))).toEqual([
    expect.objectContaining({ topic: 'subscriptions', subscriptionId: id, reason: 'endpoint_dead' }),
  ])
  const before = receiver.received.length
  await system.tell(placed())
  receiver.answerWith((_received, response) => response.end())
  await system.work((uow) => system.commands.change(uow, id, { state: 'active' }))
  await isIn(system, id, 'active')
  await system.tell(placed())
  await expect.poll(() => receiver.received.length).toBeGreaterThan(before)
})

test('one that is gone is switched off at once', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions()
  const { id } = await system.subscribe(everything, webhook(receiver.url))
  await isIn(system, id, 'active')
  receiver.answerWith((_received, response) => response.writeHead(410).end())
  await system.tell(placed())
  await isIn(system, id, 'off')
  expect(await system.find(id)).toMatchObject({ offReason: 'endpoint_gone' })
})

test('a rotated secret signs beside the one before', async () => {
  await using receiver = await startReceiver()
  await using system = await startSubscriptions()
  const { id, secrets: before } = await system.subscribe(everything, webhook(receiver.url))
  await isIn(system, id, 'active')
  const { secrets: after } = await system.work((uow) => system.commands.rotateSecret(uow, id))
  expect(secretsAt(after, new Date())).toEqual([after[0]!.secret, before[0]!.secret])
  receiver.verifyWith(before[0]!.secret)
  await system.tell(placed())
  await expect.poll(() => receiver.received.length).toBe(1)
  receiver.verifyWith(after[0]!.secret)
  await system.tell(placed())
  await expect.poll(() => receiver.received.length).toBe(2)
  expect(receiver.problems).toEqual([])
  expect(receiver.received[1]!.signature.split(' ')).toHaveLength(2)
})

test('a delivery is repeated by its id; one whose endpoint is elsewhere now is not confirmed by the old one', async () => {
  await using receiver = await startReceiver()
  await using elsewhere = await startReceiver()
  elsewhere.confirmNever()
  await using system = await startSubscriptions()
  const { id } = await system.subscribe(everything, webhook(receiver.url))
  await isIn(system, id, 'active')
  await system.tell(placed())
  await expect.poll(async () => (await system.deliveries(id)).at(1)?.state).toBe('delivered')
  const { id: deliveryId } = (await system.deliveries(id)).at(1)!
  await system.work((uow) => system.commands.repeat(uow, id, deliveryId))
  await expect.poll(() => receiver.received.map(({ webhookId }) => webhookId)).toEqual([deliveryId, deliveryId])
  await system.work((uow) => system.commands.change(uow, id, { deliver: webhook(elsewhere.url) }))
  await system.tell(placed())
  await pause(200)
  expect((await system.find(id)).state).toBe('confirming')
  expect(elsewhere.received).toEqual([])
})
