import { describe, expect, it } from 'vitest'
import { fileSystemContract } from './file-system.contract.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

describe('MemoryFileSystem', () => {
  fileSystemContract(() => ({ fs: new MemoryFileSystem(), root: '/data' }))

  const read = (fs: MemoryFileSystem): string => {
    const buffer = Buffer.alloc(100)
    return buffer.subarray(0, fs.open('/file').readSync(buffer, 0)).toString()
  }

  it('keeps in a power cut what was synced, and of the rest what chance leaves', async () => {
    const outcomes = new Set<string>()
    for (const chance of [0.1, 0.5, 0.7, 0.9]) {
      const fs = new MemoryFileSystem()
      const file = fs.open('/file')
      file.writeSync([Buffer.from('safe')], 0)
      await file.sync()
      await fs.syncDirectory('/')
      file.writeSync([Buffer.from('risk')], 4)
      fs.crash(() => chance)
      outcomes.add(read(fs))
      expect(() => file.writeSync([Buffer.from('late')], 0)).toThrow('EBADF')
    }
    expect([...outcomes].sort()).toEqual(['safe', 'safe\0\0\0\0', 'saferi', 'saferisk'])
  })

  it('forgets names that were not synced, and keeps everything when only the process dies', async () => {
    const fs = new MemoryFileSystem()
    const file = fs.open('/file')
    file.writeSync([Buffer.from('abc')], 0)
    await file.sync()
    fs.kill()
    expect(read(fs)).toBe('abc')
    fs.crash(() => 0)
    expect(fs.readdir('/')).toEqual([])
  })

  it('fails as told, leaving half a write, and does not sync later what a failed sync gave up', async () => {
    const fs = new MemoryFileSystem()
    const file = fs.open('/file')
    await fs.syncDirectory('/')
    fs.fail = () => 'ENOSPC'
    expect(() => file.writeSync([Buffer.from('abcd')], 0)).toThrow('ENOSPC')
    expect(read({ ...fs, open: () => file } as unknown as MemoryFileSystem)).toBe('ab')
    await expect(file.sync()).rejects.toThrow('ENOSPC')
    fs.fail = () => undefined
    await file.sync()
    fs.crash(() => 0.1)
    expect(read(fs)).toBe('')
  })
})
