import { expect, test } from 'vitest'
import { InFlightLimit } from './in-flight-limit.ts'
import { SharedAnswers, sharedAnswer } from './shared-answer.ts'

test('who asks while an answer is on its way, or soon after, gets the same one', async () => {
  let asked = 0
  const ask = sharedAnswer(async () => ++asked, 60_000)
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
  expect(await ask()).toBe(1)
})

test('an answer is forgotten after its time, a failure at once', async () => {
  let asked = 0
  const ask = sharedAnswer(async () => {
    if (++asked === 1) throw new Error('away')
    return asked
  }, 0)
  await expect(ask()).rejects.toThrow('away')
  expect(await ask()).toBe(2)
  while ((await ask()) === 2) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(await ask()).toBeGreaterThan(2)
})

test('of many questions each has its own answer, and all are asked anew after something has changed', async () => {
  let asked = 0
  const answers = new SharedAnswers<string>(60_000)
  const ask = (question: string) => answers.get(question, async () => `${question} ${++asked}`)
  expect(await Promise.all([ask('a'), ask('b'), ask('a')])).toEqual(['a 1', 'b 2', 'a 1'])
  const late = answers.get('c', async () => `c ${++asked}`, 0)
  expect(await late).toBe('c 3')
  expect(await ask('c'), 'of an answer without a life').toBe('c 4')
  answers.clear()
  expect(await ask('a')).toBe('a 5')
})

test('what is above the limit is refused at once, and there is room again when something is done', async () => {
  const limit = new InFlightLimit(2, 'the shop')
  const { promise, resolve } = Promise.withResolvers<string>()
  const two = [limit.run(() => promise), limit.run(() => promise)]
  await expect(limit.run(async () => 'more')).rejects.toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    details: { detail: expect.stringContaining('the shop has 2 requests in flight') },
  })
  resolve('done')
  expect(await Promise.all(two)).toEqual(['done', 'done'])
  await expect(limit.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await limit.run(async () => 'again')).toBe('again')
})
