import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchSize, isBatchIntact } from '#libs/kafka-protocol'
import { NodeFileSystem } from '../disk/node-file-system.ts'
import { baseOffsets, testBatch } from './batch.fixture.ts'
import { defaultLogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'

const config = { ...defaultLogConfig, segmentBytes: 20_000, retentionMs: -1 }
let dataDir: string
let manager: LogManager

const open = async (tailBytes = 0): Promise<PartitionLog> => {
  manager = await LogManager.open({ fs: new NodeFileSystem(), dataDir, now: Date.now, tailBytes })
  return manager.openPartition('t', 0, config)
}

async function readAll(log: PartitionLog): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let next = log.logStartOffset; next < log.highWatermark; ) {
    const result = await log.read(next, 100_000)
    if (!result.ok || result.records.length === 0) throw new Error(`stuck at ${next}`)
    parts.push(...result.records)
    next = baseOffsets(result.records).at(-1)! + 1
  }
  return Buffer.concat(parts)
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'waybill-log-'))
})

afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

describe('PartitionLog on a real disk', () => {
  it('keeps order and bytes of concurrent appends over restarts, large writes included', async () => {
    let log = await open()
    for (let round = 0; round < 3; round++) {
      const results = Array.from({ length: 200 }, (_, index) =>
        log.append(testBatch({ values: [`${round} ${index}`] })),
      )
      const large = log.append(testBatch({ values: ['x'.repeat(1_000_000)] }))
      const larger = log.append(testBatch({ values: ['y'.repeat(1_000_000)] }))
      await log.durable(log.logEndOffset)
      expect([...results, large, larger].every((result) => result.ok)).toBe(true)
      await manager.close()
      log = await open()
      expect(manager.lastStop).toBe('CLEAN')
    }
    const bytes = await readAll(log)
    const offsets = baseOffsets([bytes])
    expect(offsets).toEqual(Array.from({ length: 606 }, (_, index) => index))
    await manager.close()
  })

  it('has every acknowledged record after its process was killed at any moment', async () => {
    let expected = 0
    for (let round = 0; round < 5; round++) {
      expected = Math.max(expected, await appendUntilKilled(50 + round * 37))
      const log = await open()
      expect(log.logEndOffset).toBeGreaterThanOrEqual(expected)
      const bytes = await readAll(log)
      for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) expect(isBatchIntact(bytes, at)).toBe(true)
      expect(baseOffsets([bytes])).toEqual(Array.from({ length: log.logEndOffset }, (_, index) => index))
      expected = log.logEndOffset
      await manager.close()
    }
  })
})

/** Runs a process that appends as fast as it can; kills it after so many acknowledgements; returns the last one. */
function appendUntilKilled(acknowledgements: number): Promise<number> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--experimental-transform-types', '--no-warnings', '--input-type=module', '-e', appender],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DATA_DIR: dataDir } },
  )
  let seen = 0
  let last = 0
  createInterface({ input: child.stdout! }).on('line', (line) => {
    last = Number(line)
    if (++seen === acknowledgements) child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve(last)))
}

/** Source and libraries straight from the repository, so that no build can be stale. */
const root = join(import.meta.dirname, '../../../..')
const appender = `
  import { registerHooks } from 'node:module'
  const root = ${JSON.stringify(root)}
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.startsWith('#libs/') ? 'file://' + root + specifier.replace('#', '/') + '/index.ts' : specifier, context),
  })
  const source = (path) => import(root + '/apps/broker/src/' + path)
  const { NodeFileSystem } = await source('disk/node-file-system.ts')
  const { LogManager } = await source('log/log-manager.ts')
  const { defaultLogConfig } = await source('log/log-config.ts')
  const { testBatch } = await source('log/batch.fixture.ts')
  const config = { ...defaultLogConfig, segmentBytes: 20_000 }
  const manager = await LogManager.open({ fs: new NodeFileSystem(), dataDir: process.env.DATA_DIR, now: Date.now })
  const log = await manager.openPartition('t', 0, config)
  setInterval(() => log.checkpoint(), 5)
  const writer = async () => {
    for (;;) {
      const { lastOffset } = log.append(testBatch({ values: ['some value'], timestamps: [Date.now()] }))
      await log.durable(lastOffset + 1)
      process.stdout.write(lastOffset + 1 + '\\n')
    }
  }
  await Promise.all(Array.from({ length: 8 }, writer))
`
