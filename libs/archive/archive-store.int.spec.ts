import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ArchiveStore } from './archive-store.ts'
import { FolderStore } from './folder-store.ts'
import { startS3 } from './s3.fixture.ts'
import { S3Store } from './s3-store.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

const folder = async (): Promise<FolderStore> => {
  const path = await mkdtemp(join(tmpdir(), 'waybill-archive-'))
  cleanUps.push(() => rm(path, { recursive: true }))
  return new FolderStore(path)
}
const s3 = async (): Promise<S3Store> => {
  const server = await startS3()
  cleanUps.push(server.close)
  return new S3Store(server.options)
}

describe.each<[string, () => Promise<ArchiveStore>]>([
  ['a folder', folder],
  ['S3', s3],
])('%s', (_, open) => {
  test('a file is there once, as it was first made, and no other', async () => {
    const store = await open()
    const made = await Promise.all(
      ['one', 'two', 'three'].map((text) => store.create('a/day=1/x.parquet', Buffer.from(text))),
    )
    expect(made.filter((is) => is)).toHaveLength(1)
    expect(`${await store.read('a/day=1/x.parquet')}`).toBe(['one', 'two', 'three'][made.indexOf(true)])
    await expect(store.read('a/y.parquet')).rejects.toThrow()
  })

  test('lists what begins so, in order, however much it is', async () => {
    const store = await open()
    const names = Array.from({ length: 8 }, (_, i) => `a/hour=0${i % 3}/${i} & more.parquet`)
    for (const name of [...names, 'b/other']) await store.create(name, Buffer.from('x'))
    expect(await store.list('a/')).toEqual(names.toSorted())
    expect(await store.list('c')).toEqual([])
  })
})

test('what was begun and never finished is removed from a folder, and nothing else', async () => {
  const store = await folder()
  await store.create('a/x', Buffer.from('x'))
  for (const name of ['old', 'young']) await writeFile(join(store.place, 'a', `${name}.half`), 'h')
  await utimes(join(store.place, 'a', 'old.half'), 0, 0)
  expect(await store.sweep()).toBe(1)
  expect((await readdir(join(store.place, 'a'))).sort()).toEqual(['x', 'young.half'])
  expect(await store.list('')).toEqual(['a/x'])
})

test('a wrong secret is refused, and said', async () => {
  const server = await startS3()
  cleanUps.push(server.close)
  const store = new S3Store({ ...server.options, secretAccessKey: 'another' })
  await expect(store.create('x', Buffer.from('x'))).rejects.toThrow('403')
  expect(server.objects.size).toBe(0)
})
