import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { assignors, type Subscriber } from './assignors.ts'
import { keyOf, type PartitionKey } from './partitions.ts'
import type { KnownTopic } from './subscription.ts'

const topics: readonly KnownTopic[] = [1, 3, 4, 8].map((partitions, i) => ({
  ...{ name: `t${i}`, topicId: `id${i}`, partitions },
}))
const subscriber = (memberId: string, wanted: readonly KnownTopic[], instanceId: string | null = null): Subscriber => ({
  ...{ memberId, instanceId, topics: wanted, before: new Set() },
})
const assign = (name: string, subscribers: readonly Subscriber[]) => assignors[name]!(subscribers)
const counts = (targets: ReadonlyMap<string, ReadonlySet<PartitionKey>>) =>
  Array.from(targets.values(), ({ size }) => size)

const groups = fc
  .array(fc.subarray([...topics]), { minLength: 1, maxLength: 7 })
  .map((wanted) => wanted.map((some, i) => subscriber(`m${i}`, some)))

describe.each(Object.keys(assignors))('%s', (name) => {
  test('every partition that somebody subscribes to has one reader, who subscribes to it', () => {
    fc.assert(
      fc.property(
        groups,
        asManyAsFitNow((subscribers: readonly Subscriber[]) => {
          const targets = assign(name, subscribers)
          for (const { memberId, topics } of subscribers) {
            for (const key of targets.get(memberId)!)
              expect(topics.some(({ topicId }) => key.startsWith(`${topicId}:`))).toBe(true)
          }
          const wanted = topics.filter((topic) => subscribers.some((it) => it.topics.includes(topic)))
          const all = wanted.flatMap(({ topicId, partitions }) =>
            Array.from({ length: partitions }, (_, index) => keyOf(topicId, index)),
          )
          expect([...targets.values()].flatMap((keys) => [...keys]).sort()).toEqual(all.sort())
        }),
      ),
    )
  })

  test('says the same again', () => {
    fc.assert(
      fc.property(
        groups,
        asManyAsFitNow((subscribers: readonly Subscriber[]) => {
          const first = assign(name, subscribers)
          const again = assign(name, subscribers.map((it) => ({ ...it, before: first.get(it.memberId)! })).reverse())
          expect(Object.fromEntries([...again].sort())).toEqual(Object.fromEntries([...first].sort()))
        }),
      ),
    )
  })
})

describe('uniform', () => {
  test('members that want the same read equally many', () => {
    const sizes = counts(
      assign(
        'uniform',
        ['a', 'b', 'c'].map((id) => subscriber(id, topics)),
      ),
    )
    expect(sizes.sort()).toEqual([5, 5, 6])
  })

  test('one that comes takes from everybody, and nothing moves besides', () => {
    const before = assign(
      'uniform',
      ['a', 'b'].map((id) => subscriber(id, topics)),
    )
    const after = assign('uniform', [
      ...['a', 'b'].map((id) => ({ ...subscriber(id, topics), before: before.get(id)! })),
      subscriber('c', topics),
    ])
    expect(counts(after).sort()).toEqual([5, 5, 6])
    for (const id of ['a', 'b']) for (const key of after.get(id)!) expect(before.get(id)!.has(key)).toBe(true)
  })

  test('what few may read is left to them', () => {
    const [, small, , large] = topics
    const targets = assign('uniform', [subscriber('a', [small!]), subscriber('b', [small!, large!])])
    expect(counts(targets)).toEqual([3, 8])
  })
})

test('range: the same numbers of all topics, static members by their names first', () => {
  const both = [topics[1]!, { ...topics[1]!, topicId: 'other' }]
  const targets = assign('range', [subscriber('a', both), subscriber('z', both, 'first')])
  expect([...targets.get('z')!]).toEqual(['id1:0', 'id1:1', 'other:0', 'other:1'])
  expect([...targets.get('a')!]).toEqual(['id1:2', 'other:2'])
})
