import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { offsetFetch } from '#libs/kafka-protocol'
import { ROOT } from '../../scripts/root.ts'
import { buildGo, canBuildGo } from '../support/go.ts'
import { hasJavaClient, javaArguments } from '../support/java.ts'
import { until } from '../support/until.ts'
import { describeGroup } from './consumer-member.ts'
import { ConsumerProcess, type ReadRecord } from './consumer-process.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { isClientBuilt } from './librdkafka/installation.ts'
import { SteadyWriter, valueAt } from './steady-writer.ts'

/** Each reads from the beginning, by the consumer protocol (KIP-848), and commits what it has said. */
interface Client {
  readonly name: string
  readonly isThere: boolean
  /** What is missing, for whom it is not. */
  readonly remedy: string
  start(topic: string, group: string): ConsumerProcess
}

const goFolder = join(import.meta.dirname, 'franz-go')
const librdkafkaMember = join(ROOT, 'dist/test/conformance/librdkafka/group-consumer.js')
let folder: string
const goProgram = () => join(folder, 'franz-go')

const clients: readonly Client[] = [
  {
    ...{ name: 'Java', isThere: hasJavaClient, remedy: 'APACHE_KAFKA names no program that knows its jars' },
    start: (topic, group) => {
      const settings = ['group.protocol=consumer', 'client.id=Java', 'auto.commit.interval.ms=100']
      const printed = ['print.partition=true', 'print.offset=true']
      return new ConsumerProcess(
        'java',
        javaArguments('tools.consumer.ConsoleConsumer', [
          ...['--bootstrap-server', kafka.brokers, '--topic', topic, '--group', group, '--from-beginning'],
          ...settings.flatMap((setting) => ['--command-property', setting]),
          ...printed.flatMap((property) => ['--formatter-property', property]),
        ]),
      )
    },
  },
  {
    ...{ name: 'franz-go', isThere: canBuildGo(goFolder), remedy: '`go mod download` in test/conformance/franz-go' },
    start: (topic, group) => new ConsumerProcess(goProgram(), [kafka.brokers, topic, group]),
  },
  {
    ...{
      name: 'librdkafka',
      isThere: await isClientBuilt(),
      remedy: '`npm run test:librdkafka -- --install` builds it',
    },
    start: (topic, group) => new ConsumerProcess(process.execPath, [librdkafkaMember, kafka.brokers, topic, group]),
  },
]
const there = clients.filter(({ isThere }) => isThere)
for (const { name, isThere, remedy } of clients)
  if (!isThere) process.stderr.write(`skipped: ${name} in a group with others: ${remedy}\n`)
const isGroup = there.length > 1

/** Every number of members has a fair share. */
const PARTITIONS = 6
/** The bundled broker sees sooner than in Kafka's 45 s that somebody is gone, and has its members ask more often. */
const kafka = kafkaUnderTest({
  ...{ 'group.consumer.min.session.timeout.ms': 10_000, 'group.consumer.session.timeout.ms': 10_000 },
  ...{ 'group.consumer.min.heartbeat.interval.ms': 500, 'group.consumer.heartbeat.interval.ms': 500 },
})
/** Records that show that somebody reads. */
const SOME = 10
/** A session, and some heartbeats more. */
const PATIENCE = { timeoutMs: 120_000 }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-clients-'))
  if (isGroup && canBuildGo(goFolder)) buildGo(goFolder, goProgram())
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The members of one group, each of another client, and what they read while somebody writes. */
class Group {
  readonly id = kafka.name('clients')
  readonly writer: SteadyWriter
  readonly #members = new Map<string, ConsumerProcess>()
  /** Those that were killed, and those that left. */
  readonly #gone: ConsumerProcess[] = []

  private constructor(readonly topic: TestTopic) {
    this.writer = new SteadyWriter(kafka, topic, PARTITIONS)
  }

  static async of(members: readonly Client[]): Promise<Group> {
    const group = new Group(await kafka.topic({ partitions: PARTITIONS }))
    for (const member of members) group.join(member)
    return group
  }

  join({ name, start }: Client): void {
    this.#members.set(name, start(this.topic.name, this.id))
  }

  /** Resolves to what it had read; it may join again. */
  async kill9(name: string): Promise<readonly ReadRecord[]> {
    const member = this.#take(name)
    await member.kill9()
    return member.reads
  }

  async leave(name: string): Promise<void> {
    await this.#take(name).leave()
  }

  #take(name: string): ConsumerProcess {
    const member = this.#members.get(name)!
    this.#members.delete(name)
    this.#gone.push(member)
    return member
  }

  /** Resolves when these, and nobody else, read as many partitions each: to which. */
  async sharedBy(names: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    let seen: readonly (readonly [string, readonly number[]])[] = []
    const wanted = PARTITIONS / names.length
    const what = () => `${names} to have ${wanted} partitions each, not ${JSON.stringify(seen)}; ${this.#complaints()}`
    return until(
      what,
      async () => {
        const { members, groupState } = await describeGroup(kafka, this.id)
        const partitionsOf = (member: (typeof members)[number]) =>
          member.assignment.topicPartitions.flatMap(({ partitions }) => partitions)
        seen = members.map((member) => [member.clientId, partitionsOf(member)] as const)
        const isAsWanted = seen.length === names.length && seen.every(([name]) => names.includes(name))
        const isFair = seen.every(([, partitions]) => partitions.length === wanted)
        return groupState === 'Stable' && isAsWanted && isFair ? new Map(seen) : undefined
      },
      PATIENCE,
    )
  }

  /** By partition; 0 for those of which nothing is committed. */
  async committed(): Promise<readonly number[]> {
    const topics = [{ name: this.topic.name, partitionIndexes: partitionsAll }]
    const groups = [{ groupId: this.id, topics }]
    const answer = await kafka.client.send(offsetFetch, 8, { groups, requireStable: false })
    const partitions = answer.groups[0]!.topics[0]!.partitions
    return partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ committedOffset }) => Math.max(0, committedOffset))
  }

  /** Resolves when more is committed in each of these partitions than there was. */
  async goesOn(partitions: readonly number[], before: readonly number[]): Promise<void> {
    const isOn = async () => {
      const now = await this.committed()
      return partitions.every((partition) => now[partition]! > before[partition]!) || undefined
    }
    await until(() => `${partitions} to go on; ${this.#complaints()}`, isOn, PATIENCE)
  }

  /** Resolves when each of these has read something anew. */
  async readOn(names: readonly string[]): Promise<void> {
    const count = (name: string) => this.#members.get(name)!.reads.length
    const wanted = new Map(names.map((name) => [name, count(name) + SOME]))
    const isDone = (name: string) => count(name) >= wanted.get(name)!
    const what = () => `${names.filter((name) => !isDone(name))} to read; ${this.#complaints()}`
    await until(what, async () => names.every(isDone) || undefined, PATIENCE)
  }

  /** Nobody writes any more, everything is committed, and the members are gone: all that they said, in the end. */
  async end(): Promise<readonly ReadRecord[]> {
    await this.writer.stop()
    const what = () => `all to be committed; ${this.#complaints()}`
    const { count } = this.writer
    await until(what, async () => (await this.committed()).every((offset) => offset === count) || undefined, PATIENCE)
    await Promise.all([...this.#members.keys()].map((name) => this.leave(name)))
    return this.#gone.flatMap(({ reads }) => reads)
  }

  async close(): Promise<void> {
    await this.writer.stop().catch(() => {})
    await Promise.all([...this.#members.values()].map((member) => member.kill9()))
  }

  #complaints(): string {
    return [...this.#members].map(([name, { errors, reads }]) => `${name}: ${reads.length} read ${errors}`).join('; ')
  }
}

const partitionsAll = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/** What is wrong with these reads of so many records of each partition, in words. */
function problemsOf(reads: readonly ReadRecord[], count: number): string[] {
  const times = new Map<string, number>()
  for (const { value } of reads) times.set(value, (times.get(value) ?? 0) + 1)
  const wanted = partitionsAll.flatMap((partition) =>
    Array.from({ length: count }, (_, offset) => valueAt(partition, offset)),
  )
  const misplaced = reads.filter(({ partition, offset, value }) => value !== valueAt(partition, offset))
  return [
    ...wanted.filter((value) => times.get(value) !== 1).map((value) => `${value}: read ${times.get(value) ?? 0} times`),
    ...misplaced.map(({ partition, offset, value }) => `${value}: read as ${partition} at ${offset}`),
  ]
}

let running: Group | undefined
const start = async (members: readonly Client[]): Promise<Group> => {
  running = await Group.of(members)
  return running
}
afterEach(async () => {
  await running?.close()
  running = undefined
})

const names = there.map(({ name }) => name)
/** One that is killed and another one that leaves, until each has been either. */
const fates = there.map((killed, i) => [killed.name, names[(i + 1) % names.length]!, killed] as const)

describe.skipIf(!isGroup)(`one group of ${names.join(', ')}`, { timeout: 420_000 }, () => {
  test('one after the other joins and is given what others give up: each record is read once', async () => {
    const group = await start([])
    const joined: string[] = []
    for (const member of there) {
      group.join(member)
      joined.push(member.name)
      const shares = await group.sharedBy(joined)
      expect([...shares.values()].flat().sort()).toEqual(partitionsAll)
      await group.readOn(joined)
    }
    expect(problemsOf(await group.end(), group.writer.count)).toEqual([])
  })

  test.each(fates)(
    '%s is killed: others go on where it had committed, until it is back; %s leaves, and nothing is read again',
    async (_, leaving, killed) => {
      const group = await start(there)
      const taken = (await group.sharedBy(names)).get(killed.name)!
      await group.readOn(names)
      const readByKilled = await group.kill9(killed.name)
      // Nobody else reads there until its session ends.
      const committed = await group.committed()
      const survivors = names.filter((name) => name !== killed.name)
      await group.sharedBy(survivors)
      await group.goesOn(taken, committed)
      group.join(killed)
      await group.sharedBy(names)
      await group.leave(leaving)
      const left = names.filter((name) => name !== leaving)
      await group.sharedBy(left)
      await group.readOn(left)
      const reads = await group.end()

      // What it had not committed it has not done: that is read again.
      const undone = new Set(
        readByKilled.filter(({ partition, offset }) => taken.includes(partition) && offset >= committed[partition]!),
      )
      const done = reads.filter((read) => !undone.has(read))
      expect(problemsOf(done, group.writer.count)).toEqual([])
    },
  )
})
