import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { writeAtomically } from './atomic-file.ts'
import { testBatch } from './batch.fixture.ts'
import { defaultLogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'

let fs: MemoryFileSystem
let manager: LogManager

const openManager = () => LogManager.open({ fs, dataDir: '/data', now: () => 1000 })

beforeEach(async () => {
  fs = new MemoryFileSystem()
  manager = await openManager()
})

describe('data directory', () => {
  it('belongs to one broker at a time', async () => {
    await expect(openManager()).rejects.toThrow('/data is in use by another broker')
    await manager.close()
    await (await openManager()).close()
  })

  it('is refused when another version wrote it', async () => {
    await manager.close()
    await writeAtomically(fs, '/data/format', [Buffer.from('{"format":99,"leaderEpoch":0}')])
    await expect(openManager()).rejects.toThrow('/data has format 99, this broker reads formats 1 to 2')
    await writeAtomically(fs, '/data/format', [Buffer.from('{"format":1,"leaderEpoch":0}')])
    await (await openManager()).close()
  })

  it('is not marked clean when something could not be flushed', async () => {
    const log = await manager.openPartition('orders', 0, defaultLogConfig)
    log.append(testBatch({ values: ['a'] }))
    fs.fail = (operation) => (operation === 'sync' ? 'EIO' : undefined)
    await manager.close().catch(() => {})
    fs.fail = () => undefined
    manager = await openManager()
    expect([manager.lastStop, manager.leaderEpoch]).toEqual(['KILLED', 1])
  })
})

describe('partitions', () => {
  it('are found again, and deleted ones are not', async () => {
    await manager.openPartition('orders', 0, defaultLogConfig)
    const doomed = await manager.openPartition('a-b', 12, defaultLogConfig)
    doomed.append(testBatch({ values: ['old'] }))
    await doomed.durable(1)
    let woken = false
    doomed.onChange(() => {
      woken = doomed.closed
    })
    await manager.deletePartition('a-b', 12)
    expect(woken).toBe(true)
    expect(doomed.append(testBatch({ values: ['late'] }))).toMatchObject({ ok: false })
    const anew = await manager.openPartition('a-b', 12, defaultLogConfig)
    expect(anew.logEndOffset).toBe(0)
    expect(manager.partition('a-b', 12)).toBe(anew)
    await manager.close()
    manager = await openManager()
    expect(manager.strays()).toEqual([
      { topic: 'orders', partition: 0 },
      { topic: 'a-b', partition: 12 },
    ])
  })

  it('leave nothing behind that could harm a successor of the same name', async () => {
    const doomed = await manager.openPartition('orders', 0, defaultLogConfig)
    doomed.append(testBatch({ values: ['old', 'old'] }))
    await doomed.durable(2)
    const checkpoint = doomed.checkpoint()
    doomed.append(testBatch({ values: ['under way'] }))
    const underWay = doomed.durable(3).then(
      () => 'stored',
      () => 'failed',
    )
    await manager.deletePartition('orders', 0)
    await Promise.all([checkpoint, underWay])
    const anew = await manager.openPartition('orders', 0, defaultLogConfig)
    anew.append(testBatch({ values: ['new'] }))
    await manager.close()
    manager = await openManager()
    const log = await manager.openPartition('orders', 0, defaultLogConfig)
    expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 1])
  })

  it('begin no segment after they were deleted: it would be one of a successor of the same name', async () => {
    const config = { ...defaultLogConfig, segmentBytes: 100 }
    const doomed = await manager.openPartition('orders', 0, config)
    doomed.append(testBatch({ values: ['old'] }))
    await doomed.durable(1)
    doomed.append(testBatch({ values: ['of the next segment'] }))
    const underWay = doomed.durable(2).catch(({ name }: Error) => name)
    await manager.deletePartition('orders', 0)
    const anew = await manager.openPartition('orders', 0, config)
    expect(await underWay).toBe('StorageError')
    expect(fs.readdir('/data/logs/orders-0')).toEqual(['00000000000000000000.log'])
    await manager.close()
    manager = await openManager()
    expect((await manager.openPartition('orders', 0, config)).logEndOffset).toBe(anew.logEndOffset)
  })

  it('exist after a power cut once they were opened', async () => {
    await manager.openPartition('orders', 0, defaultLogConfig)
    fs.crash(() => 0)
    manager = await openManager()
    expect(manager.strays()).toEqual([{ topic: 'orders', partition: 0 }])
  })

  it('stay deleted after a power cut', async () => {
    await manager.openPartition('orders', 0, defaultLogConfig)
    await manager.deletePartition('orders', 0)
    fs.crash(() => 0)
    manager = await openManager()
    expect(manager.strays()).toEqual([])
  })
})
