import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ErrorCode, produce } from '#libs/kafka-protocol'
import { ProtocolClient } from '../../../../test/conformance/protocol-client.ts'
import { Broker } from '../broker.ts'
import { systemClock } from '../clock.ts'
import { type Config, readConfig } from '../config.ts'
import type { File } from '../disk/file-system.ts'
import { NodeFileSystem } from '../disk/node-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { plaintextListener } from './listener.ts'
import { Server } from './server.ts'

/** A real disk on which a segment's next sync is held until it fails, and a large write until it may go on. */
class HeldDisk extends NodeFileSystem {
  failSync: (() => void) | undefined
  letWrite: (() => void) | undefined
  holdsSync = false
  holdsWrite = false

  override open(path: string): File {
    const file = super.open(path)
    if (!path.endsWith('.log')) return file
    const { sync, write } = file
    file.sync = async (bytes) => {
      if (!this.holdsSync) return sync.call(file, bytes)
      await new Promise<void>((resolve) => {
        this.failSync = resolve
      })
      this.holdsSync = false
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    file.write = async (buffers, position) => {
      if (this.holdsWrite) {
        await new Promise<void>((resolve) => {
          this.letWrite = resolve
        })
      }
      return write.call(file, buffers, position)
    }
    return file
  }
}

const CONFIG = ['--set', 'num.partitions=1', '--set', 'message.max.bytes=4000000']
const PRODUCER = 7
const NOW = Date.now()

let dataDir: string
let disk: HeldDisk
let broker: Broker
let server: Server
let client: ProtocolClient
let log: PartitionLog

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'waybill-failed-sync-'))
  const { settings } = readConfig(['--data-dir', dataDir, ...CONFIG], {}) as Config
  disk = new HeldDisk()
  broker = await Broker.open({ settings, dataDir, clock: systemClock, fs: disk })
  await broker.controller.createTopic('t', 1, {})
  log = broker.topics.find('t')!.logs[0]!
  const listening = await Server.listen(broker, plaintextListener({ host: '127.0.0.1', port: 0 }, broker.settings))
  server = listening.server
  client = await ProtocolClient.connect(`127.0.0.1:${listening.port}`)
})

afterEach(async () => {
  client.close()
  await server.close()
  await broker.close()
  rmSync(dataDir, { recursive: true })
})

const batchOf = (sequence: number, bytes: number): Buffer =>
  testBatch({ timestamps: [NOW], values: [Buffer.alloc(bytes, 97 + sequence)], producerId: PRODUCER, sequence })

async function append(batch: Buffer): Promise<ErrorCode> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: [batch] }] }]
  const { responses } = await client.send(produce, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  return responses[0]!.partitionResponses[0]!.errorCode as ErrorCode
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}

/** What is stored, batch by batch, without what the broker writes into it. */
async function stored(): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let next = 0; next < log.highWatermark; next++) {
    const result = await log.read(next, 1)
    if (!result.ok) throw new Error(result.message)
    found.push(Buffer.concat(result.records).subarray(61))
  }
  return found
}

describe('a sync that fails', () => {
  it('leaves alone what waits for its write', async () => {
    disk.holdsSync = true
    const first = append(batchOf(0, 50_000))
    await until(() => disk.failSync !== undefined)
    // The sync fails after the second batch is accepted, in the turn before it is written.
    const { append: accept } = log
    log.append = (...args) => {
      const result = accept.apply(log, args)
      disk.failSync!()
      log.append = accept
      return result
    }
    const second = append(batchOf(1, 50_000))
    expect([await first, await second]).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.KAFKA_STORAGE_ERROR])
    await expectRepetitionsToBeStored(50_000)
  })

  it('leaves alone what a thread is writing', async () => {
    disk.holdsSync = true
    const first = append(batchOf(0, 50_000))
    await until(() => disk.failSync !== undefined)
    disk.holdsWrite = true
    const second = append(batchOf(1, 2_000_000))
    await until(() => disk.letWrite !== undefined)
    disk.failSync!()
    expect(await first).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    await until(() => !log.healthy)
    disk.holdsWrite = false
    disk.letWrite!()
    expect(await second).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    await expectRepetitionsToBeStored(50_000, 2_000_000)
  })
})

/** What is acknowledged as there already must be there. */
async function expectRepetitionsToBeStored(bytes: number, bytesOfSecond = bytes): Promise<void> {
  await broker.logs.maintain()
  const batches = [batchOf(0, bytes), batchOf(1, bytesOfSecond)]
  for (const batch of batches) expect(await append(Buffer.from(batch))).toBe(ErrorCode.NONE)
  const found = await stored()
  expect(found.map((records, i) => records.equals(batches[i]!.subarray(61)))).toEqual([true, true])
}
