import { expect, test } from 'vitest'
import type { ReadPartition, TopicRecord } from '#libs/messaging'
import { RunningTasks } from './running-tasks.ts'
import type { Task } from './topology.ts'

/** Tells every record on. */
class Passing implements Task {
  readonly entries = 1
  #came: string[] = []

  get pending(): number {
    return this.#came.length
  }

  process({ value }: TopicRecord): void {
    this.#came.push(String(value))
  }

  flush() {
    const outputs = this.#came.splice(0).map((value) => ({ topic: 'out', record: { key: 'k', value, headers: {} } }))
    return { outputs, changelog: [] }
  }

  restore(): void {}
}

const tasksOf = (...partitions: readonly number[]): RunningTasks => {
  const tasks = new RunningTasks({ name: 't', source: 'in', changelog: 'log', task: () => new Passing() })
  for (const partition of partitions) tasks.add(partition, new Passing(), 0)
  return tasks
}

const read = (partition: number, count: number): ReadPartition => {
  const place = { topic: 'in', partition }
  const records = Array.from({ length: count }, (_, offset) => ({
    ...{ ...place, offset, timestamp: 0, key: null, value: Buffer.from(`${offset}`), headers: {} },
  }))
  return { ...place, offset: 0, records, next: count, unreadable: [], end: count, isOutOfRange: false }
}

test('a backlog is worked off in slices: who comes meanwhile has a turn in the middle of it', async () => {
  const tasks = tasksOf(0)
  let pendingThen: boolean | undefined
  setImmediate(() => {
    pendingThen = tasks.isFull
  })
  await tasks.process(read(0, 20_000))
  // It was looked at before all of it was done.
  expect(pendingThen).toBe(false)
  expect(tasks.isFull).toBe(true)
})

test('what is to be told is full over all tasks together, and empty when it was taken, in order', async () => {
  const tasks = tasksOf(0, 1)
  await tasks.process(read(0, 3_000))
  expect(tasks.isFull).toBe(false)
  await tasks.process(read(1, 3_000))
  expect(tasks.isFull).toBe(true)
  const { outputs, positions, records } = await tasks.takeChanges()
  expect(records).toBe(6_000)
  expect(positions.map(({ offset }) => offset)).toEqual([3_000, 3_000])
  const one = Array.from({ length: 3_000 }, (_, n) => `${n}`)
  expect(outputs.map(({ record }) => record.value)).toEqual([...one, ...one])
  expect([tasks.isFull, tasks.hasChanges]).toEqual([false, false])
})
