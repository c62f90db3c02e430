import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GroupCommit } from './group-commit.ts'

let accepted: number
let written: number
let operations: string[]
let finishSync: (error?: Error) => void
let commit: GroupCommit
let writeError: Error | undefined

const accept = () => {
  accepted++
  commit.accepted()
  return accepted
}
const turn = () => new Promise(setImmediate)

beforeEach(() => {
  accepted = 0
  written = 0
  operations = []
  writeError = undefined
  commit = new GroupCommit(
    {
      get written() {
        return written
      },
      write: () => {
        if (writeError !== undefined) throw writeError
        operations.push(`write ${written}-${accepted}`)
        written = accepted
      },
      sync: () => {
        const end = written
        operations.push(`sync ${end}`)
        return new Promise((resolve, reject) => {
          finishSync = (error) => (error === undefined ? resolve(end) : reject(error))
        })
      },
      writeFailed: (error) => {
        accepted = written
        return error as Error
      },
      syncFailed: (error) => error as Error,
    },
    0,
  )
})

describe('group commit', () => {
  it('syncs once for all that was written while the previous sync was in flight', async () => {
    const first = commit.durable(accept())
    await turn()
    const later = [commit.durable(accept()), commit.durable(accept())]
    await turn()
    void commit.durable(accept())
    await turn()
    expect(operations).toEqual(['write 0-1', 'sync 1', 'write 1-3', 'write 3-4'])
    finishSync()
    await first
    await turn()
    expect(operations.at(-1)).toBe('sync 4')
    finishSync()
    await Promise.all(later)
  })

  describe('after a sync that served two', () => {
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const both = [commit.durable(accept()), commit.durable(accept())]
      await turn()
      finishSync()
      await Promise.all(both)
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('waits for two again', async () => {
      const one = commit.durable(accept())
      await turn()
      expect(operations.at(-1)).toBe('write 2-3')
      const other = commit.durable(accept())
      await turn()
      expect(operations.slice(-2)).toEqual(['write 3-4', 'sync 4'])
      finishSync()
      await Promise.all([one, other])
    })

    it('waits no longer than a moment, and then expects one', async () => {
      const one = commit.durable(accept())
      await turn()
      vi.advanceTimersByTime(1)
      await turn()
      expect(operations.at(-1)).toBe('sync 3')
      finishSync()
      await one
      const next = commit.durable(accept())
      await turn()
      expect(operations.at(-1)).toBe('sync 4')
      finishSync()
      await next
    })
  })

  it('does not sync for those who only wait for the write', async () => {
    await commit.written(accept())
    await turn()
    expect(operations).toEqual(['write 0-1'])
    const durable = commit.durable(1)
    finishSync()
    await durable
    expect(operations).toEqual(['write 0-1', 'sync 1'])
  })

  it('fails those whose write failed, and nobody else', async () => {
    const first = commit.durable(accept())
    await turn()
    writeError = new Error('no space')
    const second = commit.durable(accept())
    await expect(second).rejects.toThrow('no space')
    writeError = undefined
    finishSync()
    await first
    const third = commit.written(accept())
    await third
    expect(operations.at(-1)).toBe('write 1-2')
  })

  it('fails everybody who waits for a sync that failed', async () => {
    const waiting = [commit.durable(accept()), commit.durable(accept())].map((promise) => promise.catch(String))
    await turn()
    finishSync(new Error('bad sector'))
    expect(await Promise.all(waiting)).toEqual(['Error: bad sector', 'Error: bad sector'])
  })
})
