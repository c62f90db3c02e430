import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export const FORMAT = 1
const MANIFEST = 'manifest.json'
const CHECKSUM = 'manifest.sha256'

const instant = z.iso.datetime()
const position = z.object({ topic: z.string(), partition: z.number(), offset: z.number() })

const storedFile = z.object({
  /** Relative to the backup's `files/`, which is laid out as the data folder. */
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Milliseconds since 1970, and the inode: the original is the same file as long as both stay. */
  mtimeMs: z.number(),
  inode: z.number(),
})
export type StoredFile = z.infer<typeof storedFile>

const manifest = z.object({
  format: z.literal(FORMAT),
  id: z.string(),
  startedAt: instant,
  /** The databases, all of them, are restored to this moment, which is before `brokerAt`. */
  databasesAt: instant,
  /** The broker's files are as they were at this moment; null where Kafka is somebody else's. */
  brokerAt: instant.nullable(),
  finishedAt: instant,
  /** By PostgreSQL's own numbering, e.g. 170010. */
  postgresVersion: z.number(),
  /** Where the groups of services stood before the databases were copied, and where the topics ended at `databasesAt`. */
  positions: z.object({
    groups: z
      .array(
        z.object({
          groupId: z.string(),
          type: z.enum(['classic', 'consumer', 'share']),
          at: z.array(position).readonly(),
        }),
      )
      .readonly(),
    ends: z.array(position).readonly(),
  }),
  files: z.array(storedFile),
})
export type Manifest = z.infer<typeof manifest>

/** What is wrong with a backup, or with how it was asked for; for whoever asked. */
export class BackupError extends Error {}

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** On the device when it returns. */
export const writeManifest = (folder: string, content: Manifest): void => {
  const text = JSON.stringify(content)
  writeFileSync(join(folder, MANIFEST), text, { flush: true })
  writeFileSync(join(folder, CHECKSUM), `${checksumOf(text)}\n`, { flush: true })
}

/** @throws BackupError when the folder is none, or its list of files is damaged. */
export const readManifest = (folder: string): Manifest => {
  const read = (name: string) => {
    const path = join(folder, name)
    if (!existsSync(path)) throw new BackupError(`${folder} is no backup: it has no ${name}`)
    return readFileSync(path, 'utf8')
  }
  const text = read(MANIFEST)
  if (read(CHECKSUM).trim() !== checksumOf(text))
    throw new BackupError(`${join(folder, MANIFEST)} is damaged: it is not what ${CHECKSUM} says`)
  const parsed = manifest.safeParse(JSON.parse(text))
  if (!parsed.success)
    throw new BackupError(`${folder} is of another format than ${FORMAT}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

const ID = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/

/** The name of a backup that begins now; names are in the order of time. */
export const idAt = (moment: Date): string => moment.toISOString().replaceAll(/[:.]/g, '-')

/** Of the finished backups in a place, the oldest first. @throws BackupError when there is no such folder. */
export const backupsIn = (place: string): string[] => {
  if (!existsSync(place)) throw new BackupError(`there is no ${place}`)
  return readdirSync(place)
    .filter((name) => ID.test(name))
    .toSorted()
}
