import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** PostgreSQL sees to its own, which may belong to another user. */
const NOT_OURS = 'postgres'

/**
 * Nobody else may read what customers, payments and mails left on the disk. From here on all that this process and its
 * children make is for their user only, and what earlier versions made becomes so.
 */
export const privateFolder = (folder: string): void => {
  process.umask(0o077)
  mkdirSync(folder, { recursive: true })
  tighten(folder, 0o700)
}

const tighten = (path: string, mode: number): void => {
  chmodSync(path, mode)
  if (mode !== 0o700) return
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name === NOT_OURS || !(entry.isDirectory() || entry.isFile())) continue
    const child = join(path, entry.name)
    if (lstatSync(child).uid === process.getuid?.()) tighten(child, entry.isDirectory() ? 0o700 : 0o600)
  }
}
