import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchBaseOffset, batchLastOffset, batchSize, isBatchIntact } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/logging'
import { asManyAsFit } from '#libs/testing'
import { Broker } from '../broker.ts'
import { systemClock } from '../clock.ts'
import { type Config, readConfig } from '../config.ts'
import { DamagedFileError } from '../disk/damage.ts'
import { NodeFileSystem } from '../disk/node-file-system.ts'
import { isRefusal } from '../metadata/refusal.ts'
import { repair } from '../repair/repair.ts'
import { testBatch } from './batch.fixture.ts'
import type { PartitionLog } from './partition-log.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 60)
const { settings } = readConfig(
  ['--data-dir', '/d', '--set', 'log.segment.bytes=2000', '--set', 'log.index.interval.bytes=500'],
  {},
) as Config

const root = mkdtempSync(join(tmpdir(), 'waybill-damage-'))
/** As a broker leaves it when it is killed, and when it is stopped. */
const whole = { killed: join(root, 'killed'), stopped: join(root, 'stopped') }
const batches = new Map<string, Buffer[]>()

beforeAll(async () => {
  configureLogging({ level: 'silent' })
  const live = join(root, 'live')
  const broker = await open(live)
  for (const name of ['t', 'u']) {
    const topic = await broker.controller.createTopic(name, 2, {})
    if (isRefusal(topic)) throw new Error(topic.errorMessage)
    for (const [partition, log] of topic.logs.entries()) await fill(log, `${name}-${partition}`)
  }
  await broker.groups.commit('g', {
    ...{ memberId: '', instanceId: null, generation: -1 },
    offsets: [{ topic: 't', partition: 0, offset: 7, leaderEpoch: 0, metadata: '', committedAt: Date.now() }],
  })
  cpSync(live, whole.killed, { recursive: true })
  await broker.close()
  cpSync(live, whole.stopped, { recursive: true })
})
afterAll(() => {
  configureLogging({ level: 'info' })
  rmSync(root, { recursive: true, force: true })
})

const open = (dataDir: string): Promise<Broker> =>
  Broker.open({ settings, clock: systemClock, fs: new NodeFileSystem(), dataDir })

/** Several segments, the first of which are below a checkpoint. */
async function fill(log: PartitionLog, name: string): Promise<void> {
  const written: Buffer[] = []
  for (let sequence = 0; sequence < 60; sequence += 2) {
    const batch = testBatch({ values: [`${name} ${sequence}`, 'x'.repeat(sequence)], producerId: 1, sequence })
    log.append(batch)
    written.push(Buffer.from(batch))
    if (sequence === 40) await log.checkpoint()
  }
  await log.durable(log.logEndOffset)
  batches.set(name, written)
}

/** Everything the broker can still read of a partition; it may stop at a damage, but it must not fail. */
async function readAll(log: PartitionLog): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let next = log.logStartOffset; next < log.highWatermark; ) {
    const result = await log.read(next, 400)
    if (!result.ok) throw new Error(result.message)
    const bytes = Buffer.concat(result.records)
    const before = next
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      if (!isBatchIntact(bytes, at)) return found
      found.push(bytes.subarray(at, at + batchSize(bytes, at)))
      next = batchLastOffset(bytes, at) + 1
    }
    if (next === before) return found
  }
  return found
}

test('any file of a data directory cut or flipped anywhere: the broker starts or names the file, after a repair it starts, and all that was whole is there', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('killed' as const, 'stopped' as const),
      fc.nat(),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      fc.integer({ min: -1, max: 7 }),
      asManyAsFit(async (how, which, where, bit) => {
        const dataDir = mkdtempSync(join(root, 'damaged-'))
        cpSync(whole[how], dataDir, { recursive: true })
        const files = filesIn(dataDir)
        const file = files[which % files.length]!
        const at = damage(join(dataDir, file), where, bit)
        await check(dataDir, file, at, bit < 0)
        rmSync(dataDir, { recursive: true, force: true })
      }),
    ),
    { numRuns: RUNS },
  )
})

/** Without a sound `format` nobody may guess: that alone is refused. */
const filesIn = (dataDir: string): string[] =>
  readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dataDir, name)).isFile() && statSync(join(dataDir, name)).size > 0)
    .filter((name) => name !== 'lock' && name !== 'format')
    .sort()

function damage(path: string, where: number, bit: number): number {
  const bytes = readFileSync(path)
  const at = Math.floor(where * bytes.length)
  if (bit < 0) writeFileSync(path, bytes.subarray(0, at))
  else {
    bytes[at]! ^= 1 << bit
    writeFileSync(path, bytes)
  }
  return at
}

/** As an operator would: what the broker refuses is repaired. */
async function openRepaired(dataDir: string, file: string, isCut: boolean): Promise<Broker> {
  try {
    return await open(dataDir)
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error
    expect(error.path).toContain(file.endsWith('.journal') ? file : dirname(file))
    const said: string[] = []
    const tryStart = async () => (await open(dataDir)).close()
    await repair({ fs: new NodeFileSystem(), dataDir, tryStart, say: (line) => said.push(line) })
    expect(said.join()).toContain('Lost are')
    // What is left of a file that was cut may be whole.
    if (!isCut) expect(readFileSync(join(dataDir, `${file}.damaged`)).length).toBeGreaterThan(0)
    return await open(dataDir)
  }
}

async function check(dataDir: string, file: string, at: number, isCut: boolean): Promise<void> {
  const broker = await openRepaired(dataDir, file, isCut)
  const isRepaired = existsSync(join(dataDir, `${file}.damaged`))
  try {
    for (const [name, written] of batches) {
      const log = broker.topics.find(name.slice(0, 1))?.logs[Number(name.slice(2))]
      if (log === undefined) {
        // Its topic was lost with the journal that knew of it; the records themselves are still there.
        expect(file).toBe('metadata.journal')
        expect(readdirSync(join(dataDir, 'logs'))).toContain(`${name}.stray`)
        continue
      }
      const found = await readAll(log)
      // What lies behind a damage may be there as well, in its order; what lies before it must.
      const [had, has] = [withoutEpoch(written), withoutEpoch(found)]
      expect(had.filter((batch) => has.includes(batch))).toEqual(has)
      const intact = intactBefore(name, file, at)
      expect(has.slice(0, intact)).toEqual(had.slice(0, intact))
      // A repair gives up nothing but what is damaged.
      if (isRepaired && !isCut) expect(has.length).toBeGreaterThanOrEqual(had.length - 1)
      expect(log.append(testBatch({ values: ['after'] }))).toMatchObject({ ok: true })
    }
    if (file !== 'groups.journal') {
      // Of a topic that was lost nothing is remembered: one of that name is created anew, and begins at 0.
      const offset = (await broker.groups.committed('g'))?.committed.get('t')?.get(0)?.offset
      expect(offset).toBe(broker.topics.find('t') === undefined ? undefined : 7)
    }
  } finally {
    await broker.close()
  }
}

/** How many batches of the partition lie before the damage. */
function intactBefore(name: string, file: string, at: number): number {
  const written = batches.get(name)!
  const segment = new RegExp(`^logs/${name}/(\\d+)\\.log$`).exec(file)
  if (segment === null) return written.length
  let count = written.filter((batch) => batchBaseOffset(batch) < Number(segment[1])).length
  for (let end = 0; count < written.length; count++) {
    end += written[count]!.length
    if (end > at) break
  }
  return count
}

/** The leader epoch is not under the checksum: one bit more or less goes unnoticed. */
const withoutEpoch = (of: readonly Buffer[]): string[] =>
  of.map((batch) => Buffer.concat([batch.subarray(0, 12), batch.subarray(16)]).toString('hex'))
