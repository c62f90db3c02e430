import { expect, test } from 'vitest'
import type { Refusal } from './refusal.ts'
import { RefusalTrail, type RefusedDeed } from './refusal-trail.ts'

const trail = () => {
  const clock = { ms: 0 }
  const kept: RefusedDeed[] = []
  const keys: string[] = []
  let isAway = false
  let made = 0
  const it = new RefusalTrail(
    async (deeds, key) => {
      keys.push(key)
      if (isAway) throw new Error('away')
      kept.push(...deeds)
    },
    () => `key-${++made}`,
    () => clock.ms,
  )
  return { it, clock, kept, keys, goAway: (away: boolean) => (isAway = away) }
}

const refusal = (more: Partial<Refusal> = {}): Refusal => ({
  ...{ actor: 'operator:sam', action: 'POST /api/orders/:orderId/cancel', target: '/api/orders/1/cancel' },
  ...{ kind: '403 not-allowed', detail: 'this is for operator and above', at: Date.UTC(2026, 0, 1) },
  ...more,
})

test('who was refused what and why is an entry', async () => {
  const { it, kept } = trail()
  it.add(refusal())
  await it.flush()
  await it.flush()
  expect(kept).toEqual([
    {
      ...{ actor: 'operator:sam', action: 'POST /api/orders/:orderId/cancel', target: '/api/orders/1/cancel' },
      detail: '403 not-allowed at 2026-01-01T00:00:00.000Z: this is for operator and above',
    },
  ])
})

test('equal ones are one entry that says how many, when, and what the first was', async () => {
  const { it, kept } = trail()
  for (const n of [1, 2, 3]) it.add(refusal({ target: `/api/orders/${n}/cancel`, at: Date.UTC(2026, 0, 1, 0, 0, n) }))
  it.add(refusal({ actor: 'operator:sue' }))
  await it.flush()
  expect(kept.map(({ actor, target }) => [actor, target])).toEqual([
    ['operator:sam', '/api/orders/1/cancel'],
    ['operator:sue', '/api/orders/1/cancel'],
  ])
  expect(kept[0]!.detail).toMatch(
    /^403 not-allowed 3 times from 2026-01-01T00:00:01.000Z to 2026-01-01T00:00:03.000Z, first so: /,
  )
})

test('one caller does not fill the trail, nor keep others off it', async () => {
  const { it, clock, kept } = trail()
  for (let second = 0; second < 3_600; second += 5) {
    clock.ms = second * 1_000
    it.add(refusal({ actor: 'unknown:203.0.113.0/24' }))
    await it.flush()
  }
  const alone = kept.filter(({ actor }) => actor.startsWith('unknown'))
  expect(alone.length).toBeLessThanOrEqual(40)
  it.add(refusal())
  await it.flush()
  expect(kept.at(-1)).toMatchObject({ actor: 'operator:sam' })
})

test('a flood from everywhere is bounded, and every refusal is counted', async () => {
  const { it, clock, kept } = trail()
  let added = 0
  for (let second = 0; second < 3_600; second += 5) {
    clock.ms = second * 1_000
    for (let i = 0; i < 500; i++, added++) it.add(refusal({ actor: `unknown:${second}.${i}` }))
    await it.flush()
  }
  clock.ms += 3_600_000
  added++
  it.add(refusal())
  await it.flush()
  expect(kept.length).toBeLessThanOrEqual(1_200 + 62)
  const sums = kept.filter(({ actor }) => actor === 'several')
  const counted = sums.map(({ detail }) => Number(/(\d+) × 403 not-allowed/.exec(detail)![1]))
  expect(kept.length - sums.length + counted.reduce((a, b) => a + b)).toBe(added)
})

test('what nobody took is offered again under the same key, and what comes meanwhile after it', async () => {
  const { it, kept, keys, goAway } = trail()
  goAway(true)
  it.add(refusal())
  await expect(it.flush()).rejects.toThrow('away')
  it.add(refusal({ actor: 'operator:sue' }))
  await expect(it.flush()).rejects.toThrow('away')
  goAway(false)
  await it.flush()
  expect(kept.map(({ actor }) => actor)).toEqual(['operator:sam'])
  await it.flush()
  expect(kept.map(({ actor }) => actor)).toEqual(['operator:sam', 'operator:sue'])
  expect(keys).toEqual(['key-1', 'key-1', 'key-1', 'key-2'])
})
