import { execFileSync } from 'node:child_process'
import { closeSync, globSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  batchBaseOffset,
  batchLastOffset,
  batchSize,
  createTopics,
  deleteRecords,
  ErrorCode,
  fetch,
  offsetCommit,
  offsetFetch,
  produce,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { batch, NOBODY } from '../conformance/batch.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'

const DISK_BYTES = 6 * 1024 * 1024
const SPARE_BYTES = 3 * 1024 * 1024
const ROOM_BYTES = 256 * 1024

/** A real file system of a few megabytes, where this process may mount one. */
const disk = mkdtempSync(join(tmpdir(), 'waybill-small-disk-'))
const isMounted = mount()

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    rmSync(disk, { recursive: true })
    return false
  }
}

describe.skipIf(!isMounted)('a full disk', () => {
  const spare = join(disk, 'spare')
  const room = join(disk, 'room')
  let broker: BrokerProcess
  let client: ProtocolClient
  let topicId: string

  beforeAll(async () => {
    writeFileSync(spare, Buffer.alloc(SPARE_BYTES))
    writeFileSync(room, Buffer.alloc(ROOM_BYTES))
    broker = await startBroker({ dataDir: join(disk, 'data') })
    client = await ProtocolClient.connect(broker.brokers)
    const wanted = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    topicId = (await client.send(createTopics, 7, { topics: [wanted] })).topics[0]!.topicId
  })

  afterAll(async () => {
    client?.close()
    await broker?.close()
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })

  const producer = { ...NOBODY, producerId: 1, epoch: 0 }
  let sequence = 0
  let acknowledged = 0
  let topicsCreated = 0
  let logStart = 0

  async function append(): Promise<ErrorCode> {
    const records = [batch(['x'.repeat(60_000)], { ...producer, sequence })]
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    const answer = await client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
    const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
    if (errorCode !== ErrorCode.NONE) return errorCode as ErrorCode
    expect(baseOffset).toBe(sequence++)
    acknowledged = sequence
    return ErrorCode.NONE
  }

  async function offsets(): Promise<number[]> {
    const found: number[] = []
    for (let next = logStart; next < acknowledged; ) {
      const wanted = { partition: 0, fetchOffset: next, partitionMaxBytes: 500_000 }
      const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 500_000, topics: [{ topicId, partitions: [wanted] }] }
      const { errorCode, records } = (await client.send(fetch, 16, request)).responses[0]!.partitions[0]!
      expect([errorCode, records!.length > 0]).toEqual([ErrorCode.NONE, true])
      for (let at = 0; at < records!.length; at += batchSize(records!, at)) {
        found.push(batchBaseOffset(records!, at))
        next = batchLastOffset(records!, at) + 1
      }
    }
    return found
  }

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, offset) => offset).slice(logStart)

  it('refuses appends with KAFKA_STORAGE_ERROR, says so, and serves what it has', async () => {
    let answer: ErrorCode = ErrorCode.NONE
    while (answer === ErrorCode.NONE) answer = await append()
    expect(answer).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect(await append()).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect(acknowledged).toBeGreaterThan(20)
    expect(await offsets()).toEqual(upTo(acknowledged))
    const metrics = await (await globalThis.fetch(`http://127.0.0.1:${broker.httpPort}/metrics`)).text()
    expect(Number(/broker_storage_errors_total (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(2)
  })

  const commit = async (offset: number): Promise<ErrorCode> => {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm'.repeat(4000) }]
    const request = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 't', partitions }] }
    const { topics } = await client.send(offsetCommit, 8, request)
    return topics[0]!.partitions[0]!.errorCode as ErrorCode
  }

  async function committed(): Promise<number> {
    const request = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }
    return (await client.send(offsetFetch, 6, request)).topics[0]!.partitions[0]!.committedOffset
  }

  async function create(name: string): Promise<ErrorCode> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    return (await client.send(createTopics, 7, { topics: [topic] })).topics[0]!.errorCode as ErrorCode
  }

  /** Takes what room there is, to the last byte. */
  function fill(): void {
    const file = openSync(join(disk, 'filler'), 'a')
    try {
      for (const bytes of [65_536, 4096, 1]) while (canWrite(file, bytes));
    } finally {
      closeSync(file)
    }
  }

  function canWrite(file: number, bytes: number): boolean {
    try {
      return writeSync(file, Buffer.alloc(bytes, 1)) === bytes
    } catch {
      return false
    }
  }

  /** Folders may go while they are looked through: those of topics whose creation failed do. */
  const leftovers = (): string[] => globSync('**/*.tmp', { cwd: join(disk, 'data') })

  it('refuses commits, topics and deletions of records while journals and checkpoints have no room, and leaves no rests', async () => {
    fill()
    let answer = await commit(1)
    for (let offset = 2; answer === ErrorCode.NONE && offset < 50; offset++) answer = await commit(offset)
    expect(answer).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    // However many ask, each is answered.
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => commit(100 + i)))
    expect(new Set(answers)).toEqual(new Set([ErrorCode.COORDINATOR_NOT_AVAILABLE]))
    while ((await create(`topic-${topicsCreated}`)) === ErrorCode.NONE) expect(++topicsCreated).toBeLessThan(100)
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }]
    const deleted = await client.send(deleteRecords, 2, { topics, timeoutMs: 5000 })
    expect(deleted.topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    // Gone, but that they are could not be stored.
    logStart = 1
    expect(leftovers()).toEqual([])
  })

  it('takes all of it once there is room', async () => {
    rmSync(join(disk, 'filler'))
    rmSync(room)
    expect(await commit(7)).toBe(ErrorCode.NONE)
    expect(await committed()).toBe(7)
    expect(await create(`topic-${topicsCreated}`)).toBe(ErrorCode.NONE)
  })

  it('goes on in sequence as soon as there is room', async () => {
    rmSync(spare)
    const before = acknowledged
    expect(await append()).toBe(ErrorCode.NONE)
    for (let more = 0; more < 5; more++) expect(await append()).toBe(ErrorCode.NONE)
    expect(await offsets()).toEqual(upTo(before + 6))
  })

  it('has everything after it was full again and killed', async () => {
    let answer: ErrorCode = ErrorCode.NONE
    while (answer === ErrorCode.NONE) answer = await append()
    await broker.kill9()
    client.close()
    execFileSync('mount', ['-o', `remount,size=${2 * DISK_BYTES}`, disk])
    await broker.restart()
    client = await ProtocolClient.connect(broker.brokers)
    expect(await offsets()).toEqual(upTo(acknowledged))
    expect(await append()).toBe(ErrorCode.NONE)
  })
})
