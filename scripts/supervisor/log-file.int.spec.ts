import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { canMount, smallFileSystem } from '../../test/support/small-file-system.ts'
import { LogFile } from './log-file.ts'

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const mountable = await canMount()

test('a log is for its owner only, and moves aside when it is large', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-log-'))
  const log = new LogFile(join(folder, 'a.log'))
  const sizeOf = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  const line = 'x'.repeat(1_000_000)
  for (let n = 0; n < 18; n++) {
    log.write(line)
    await eventually(() => expect(sizeOf('a.log') + sizeOf('a.log.1')).toBe((n + 1) * 1_000_001))
  }
  log.write('last')
  await log.close()
  expect(readFileSync(join(folder, 'a.log'), 'utf8')).toMatch(/last\n$/)
  expect(statSync(join(folder, 'a.log.1')).size).toBeGreaterThan(16_000_000)
  expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o600)
  rmSync(folder, { recursive: true })
})

test.skipIf(!mountable)(
  'a log goes on when a full disk (needs to mount one) has room again, and says what is missing',
  async () => {
    await using disk = (await smallFileSystem(1024 * 1024))!
    const path = join(disk.path, 'a.log')
    const failures: Error[] = []
    const log = new LogFile(path, (error) => failures.push(error))
    log.write('before')
    await eventually(() => expect(readFileSync(path, 'utf8')).toBe('before\n'))
    await disk.leave(0)
    await eventually(() => {
      log.write('x'.repeat(8_000))
      expect(failures).toMatchObject([{ code: 'ENOSPC' }])
    })
    await disk.leave(Number.POSITIVE_INFINITY)
    await eventually(() => {
      log.write('after')
      expect(readFileSync(path, 'utf8')).toMatch(/\n… \d+ lines could not be written\nafter\n/)
    })
    expect(failures).toHaveLength(1)
    await log.close()
  },
)
