import { beforeEach, expect, test } from 'vitest'
import { Alarms } from './alarms.ts'
import { ManualClock } from './clock.fixture.ts'

let clock: ManualClock
let deadlines: Map<string, number>
let expired: string[]
let alarms: Alarms<string>

beforeEach(() => {
  clock = new ManualClock(0)
  deadlines = new Map()
  expired = []
  alarms = new Alarms<string>(clock, {
    keyOf: (name) => name,
    deadlineOf: (name) => deadlines.get(name) ?? Infinity,
    expire: (name) => {
      expired.push(name)
      deadlines.delete(name)
    },
  })
})

function due(name: string, at: number): void {
  deadlines.set(name, at)
  alarms.set(name)
}

test('a deadline that has moved away is waited for again, one that has come nearer is not missed', () => {
  due('a', 100)
  deadlines.set('a', 200)
  clock.pass(150)
  expect(expired).toEqual([])
  due('a', 160)
  clock.pass(10)
  expect([expired, clock.pending]).toEqual([['a'], 0])
})

test('nothing expires before what was being written at its deadline, whatever is written later', async () => {
  const first = Promise.withResolvers<void>()
  due('a', 100)
  const written = alarms.holdWhile(first.promise)
  clock.pass(100)
  expect(expired).toEqual([])
  // Somebody is always waiting for the disk.
  void alarms.holdWhile(new Promise(() => {}))
  first.resolve()
  await written
  await new Promise(setImmediate)
  // What has arrived meanwhile is read first.
  expect(expired).toEqual([])
  clock.pass(0)
  expect(expired).toEqual(['a'])
})

test('who was heard of behind the disk is not expired, and after the end nobody is', async () => {
  const writing = Promise.withResolvers<void>()
  due('a', 100)
  due('b', 100)
  const written = alarms.holdWhile(writing.promise)
  clock.pass(100)
  writing.resolve()
  await written
  await new Promise(setImmediate)
  due('a', 300)
  alarms.close()
  clock.pass(1000)
  expect([expired, clock.pending]).toEqual([[], 0])
})

test('one that is due is not put off by others who are heard of, though somebody always waits for the disk', async () => {
  const first = Promise.withResolvers<void>()
  due('a', 100)
  const written = alarms.holdWhile(first.promise)
  clock.pass(101)
  void alarms.holdWhile(new Promise(() => {}))
  first.resolve()
  await written
  await new Promise(setImmediate)
  alarms.set('a')
  clock.pass(0)
  expect(expired).toEqual(['a'])
})
