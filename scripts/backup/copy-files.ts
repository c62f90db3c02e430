import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StoredFile } from './manifest.ts'

/** A file to be kept: `from` on the disk, of which the first `bytes` count, as `path` in the backup. */
export interface Original {
  readonly from: string
  readonly path: string
  readonly bytes: number
  readonly mtimeMs: number
  readonly inode: number
  /** It is only ever replaced by another file, or longer: the same inode, time and length are the same bytes. */
  readonly isAppendOnly: boolean
}

export interface Before {
  readonly folder: string
  readonly files: ReadonlyMap<string, StoredFile>
}

const CHUNK = 1024 * 1024

/**
 * Brings the file into `folder`: as a second name of what an earlier backup has, where it did not change since, else
 * byte by byte. `reused` tells which. Undefined when the original is gone meanwhile.
 */
export const keep = async (
  original: Original,
  folder: string,
  before: Before | undefined,
): Promise<{ readonly stored: StoredFile; readonly reused: boolean } | undefined> => {
  const { from, path, bytes, mtimeMs, inode } = original
  const to = join(folder, path)
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const known = original.isAppendOnly ? before?.files.get(path) : undefined
  if (known?.bytes === bytes && known.mtimeMs === mtimeMs && known.inode === inode) {
    try {
      await link(join(before!.folder, path), to)
      return { stored: known, reused: true }
    } catch {
      // Removed by hand, or a disk without links: then it is copied.
    }
  }
  const copied = await copy(from, to, bytes)
  return copied && { stored: { path, ...copied, mtimeMs, inode }, reused: false }
}

const copy = async (from: string, to: string, limit: number) => {
  const source = await open(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (source === undefined) return undefined
  const target = await open(to, 'wx', 0o600)
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK)
  let bytes = 0
  try {
    while (bytes < limit) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(CHUNK, limit - bytes), bytes)
      if (bytesRead === 0) break
      const part = chunk.subarray(0, bytesRead)
      hash.update(part)
      await target.writeFile(part)
      bytes += bytesRead
    }
  } finally {
    await source.close()
    await target.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** SHA-256 of a file, and its length. */
export const digestOf = async (path: string): Promise<{ readonly bytes: number; readonly sha256: string }> => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of createReadStream(path, { highWaterMark: CHUNK })) {
    hash.update(part as Buffer)
    bytes += (part as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}
