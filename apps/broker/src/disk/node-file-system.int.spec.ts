import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileSystemContract } from './file-system.contract.ts'
import { NodeFileSystem } from './node-file-system.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'waybill-disk-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('NodeFileSystem', () => {
  fileSystemContract(() => ({ fs: new NodeFileSystem(), root }))

  it('keeps its lock against another process until it is released', () => {
    const lock = new NodeFileSystem().lock(`${root}/lock`)!
    const other = `
      import { NodeFileSystem } from ${JSON.stringify(join(import.meta.dirname, 'node-file-system.ts'))}
      process.exit(new NodeFileSystem().lock(${JSON.stringify(`${root}/lock`)}) === undefined ? 7 : 8)`
    const tryElsewhere = () =>
      spawnSync(process.execPath, ['--experimental-transform-types', '--input-type=module', '-e', other]).status
    expect(tryElsewhere()).toBe(7)
    lock.release()
    expect(tryElsewhere()).toBe(8)
    // The other process ended without releasing: the kernel did it.
    new NodeFileSystem().lock(`${root}/lock`)!.release()
  })
})
