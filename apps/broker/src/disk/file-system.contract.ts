import { afterEach, beforeEach, expect, it } from 'vitest'
import type { File, FileSystem } from './file-system.ts'

/** What every FileSystem promises while nothing crashes. */
export function fileSystemContract(make: () => { fs: FileSystem; root: string }): void {
  let fs: FileSystem
  let root: string
  let file: File

  beforeEach(() => {
    ;({ fs, root } = make())
    fs.mkdir(`${root}/a/b`)
    file = fs.open(`${root}/a/b/file`)
  })

  afterEach(() => file.close())

  const contents = (size = 100): string => {
    const buffer = Buffer.alloc(size)
    return buffer.subarray(0, file.readSync(buffer, 0)).toString()
  }

  it('writes many buffers at a position, and reads them back until the end', async () => {
    file.writeSync([Buffer.from('abc'), Buffer.from('def')], 0)
    await file.write([Buffer.from('X'), Buffer.from('Y')], 2)
    expect(contents()).toBe('abXYef')
    const part = Buffer.alloc(3)
    expect([await file.read(part, 4), part.toString('latin1', 0, 2)]).toEqual([2, 'ef'])
    expect(await file.read(part, 50)).toBe(0)
  })

  it('writes more buffers than one system call takes', () => {
    const buffers = Array.from({ length: 3000 }, (_, index) => Buffer.from(String.fromCharCode(97 + (index % 26))))
    file.writeSync(buffers, 0)
    expect(contents(4000)).toBe(Buffer.concat(buffers).toString())
  })

  it('truncates', () => {
    file.writeSync([Buffer.from('abcdef')], 0)
    file.truncate(2)
    expect([contents(), fs.size(`${root}/a/b/file`)]).toEqual(['ab', 2])
  })

  it('syncs files and directories', async () => {
    file.writeSync([Buffer.from('abc')], 0)
    await file.sync()
    await fs.syncDirectory(`${root}/a/b`)
    expect(contents()).toBe('abc')
  })

  it('lists, renames over and removes', async () => {
    fs.open(`${root}/a/b/other`).close()
    expect(fs.readdir(`${root}/a/b`).sort()).toEqual(['file', 'other'])
    file.writeSync([Buffer.from('abc')], 0)
    fs.rename(`${root}/a/b/file`, `${root}/a/b/other`)
    expect([fs.readdir(`${root}/a/b`), fs.size(`${root}/a/b/other`), fs.size(`${root}/a/b/file`)]).toEqual([
      ['other'],
      3,
      undefined,
    ])
    await fs.remove(`${root}/a/b/other`)
    await fs.remove(`${root}/a/b/other`)
    expect(fs.readdir(`${root}/a/b`)).toEqual([])
    await fs.removeDirectory(`${root}/a`)
    expect([fs.readdir(`${root}/a`), fs.readdir(`${root}/none`)]).toEqual([[], []])
  })

  it('locks for one holder', () => {
    const lock = fs.lock(`${root}/lock`)
    expect(lock).toBeDefined()
    expect(fs.lock(`${root}/lock`)).toBeUndefined()
    lock!.release()
    const again = fs.lock(`${root}/lock`)
    expect(again).toBeDefined()
    again!.release()
  })
}
