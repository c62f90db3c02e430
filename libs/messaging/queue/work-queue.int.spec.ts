import { afterAll, beforeAll, expect, test } from 'vitest'
import { message, startQueues, type TestQueues } from './queue.fixture.ts'

let queues: TestQueues

beforeAll(async () => {
  queues = await startQueues()
})
afterAll(() => queues.close())

const eventually = (check: () => unknown) => expect.poll(check, { timeout: 30_000, interval: 20 })

test('each message is worked once, by several workers at a time', async () => {
  const queue = await queues.queue({ workers: 4 })
  const messages = Array.from({ length: 100 }, (_, n) => message(n, queue.name))
  const worked: string[] = []
  let now = 0
  let most = 0
  queues.work(queue, async ({ id }) => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 5))
    now--
    worked.push(id)
  })
  await queues.publish(queue, messages)
  await eventually(() => worked.length).toBe(100)
  expect(worked.toSorted()).toEqual(messages.map(({ id }) => id).toSorted())
  expect(most).toBe(4)
})
