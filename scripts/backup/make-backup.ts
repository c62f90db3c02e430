import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endsOfTopics, readPositions, type TopicPosition } from '#libs/messaging'
import { commandLine, isRunning, PidFiles } from '../supervisor/pid-files.ts'
import { snapshotBroker } from './broker-files.ts'
import { type Before, keep, type Original } from './copy-files.ts'
import { baseBackup } from './databases.ts'
import { isTransactional } from './groups-back.ts'
import {
  BackupError,
  backupsIn,
  FORMAT,
  idAt,
  type Manifest,
  readManifest,
  type StoredFile,
  writeManifest,
} from './manifest.ts'

export interface BackupResult {
  readonly folder: string
  readonly manifest: Manifest
  readonly copiedBytes: number
  readonly reusedBytes: number
  /** For so long the broker stood still, milliseconds. */
  readonly stoppedMs: number
}

/** Files that are copied at the same time. */
const AT_ONCE = 16

/** In the data folder, but not of the system: the world outside, logs, spans on their way, and what names running processes. */
const NOT_OURS = new Set(['postgres', 'broker', 'broker.backup', 'simulators', 'logs', 'traces', 'run'])

/**
 * One backup of a running system, in a folder of its own below `place`. What follows what is what makes it consistent, see
 * docs/backup.md: positions of groups, then the databases, then the broker.
 */
export const makeBackup = async (data: string, place: string, kafka?: string): Promise<BackupResult> => {
  const startedAt = new Date()
  const pid = brokerPid(data)
  const brokers = kafka?.split(',') ?? [addressOf(pid, data)]
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const id = idAt(startedAt)
  const draft = join(place, `.${id}.unfinished`)
  const folder = join(draft, 'files')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const before = newestIn(place)
  const files: StoredFile[] = []
  const sums = { copied: 0, reused: 0 }
  const take = async (originals: AsyncIterable<Original> | Iterable<Original>) => {
    const under = new Set<Promise<void>>()
    for await (const original of originals) {
      const keeping = keep(original, folder, before).then((kept) => {
        under.delete(keeping)
        if (kept === undefined) return
        files.push(kept.stored)
        sums[kept.reused ? 'reused' : 'copied'] += kept.stored.bytes
      })
      // Whoever fails first is heard of by whoever waits.
      keeping.catch(() => undefined)
      under.add(keeping)
      if (under.size >= AT_ONCE) await Promise.race(under)
    }
    await Promise.all(under)
  }
  try {
    const kafkaOptions = { brokers, clientId: 'waybill-backup' }
    const { groups } = await readPositions(kafkaOptions)
    let ends: readonly TopicPosition[] = []
    const databases = await baseBackup(join(data, 'postgres'), take, async () => {
      ends = await endsOfTopics(kafkaOptions)
    })
    const positions = { groups: groups.filter(({ groupId }) => !isTransactional(groupId)), ends }
    files.push(await written(folder, 'postgres/backup_label', databases.label))
    await take(otherFiles(data, ''))
    const broker = kafka === undefined ? await snapshotBroker(join(data, 'broker'), pid!) : undefined
    try {
      if (broker !== undefined) await take(broker.files)
    } finally {
      broker?.release()
    }
    const manifest: Manifest = {
      ...{ format: FORMAT, id, positions, files, postgresVersion: databases.version },
      startedAt: startedAt.toISOString(),
      databasesAt: databases.at.toISOString(),
      brokerAt: broker?.at.toISOString() ?? null,
      finishedAt: new Date().toISOString(),
    }
    await onDevice(draft)
    writeManifest(draft, manifest)
    renameSync(draft, join(place, id))
    const { copied: copiedBytes, reused: reusedBytes } = sums
    return { folder: join(place, id), manifest, copiedBytes, reusedBytes, stoppedMs: broker?.stoppedMs ?? 0 }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

/** All that was copied at once, which is a tenth of waiting for each file: only the list of files, written after it, counts. */
const onDevice = async (folder: string): Promise<void> => {
  const sync = promisify(execFile)
  // Where it knows no file systems it knows all of them.
  await sync('sync', ['-f', folder]).catch(() => sync('sync'))
}

const brokerPid = (data: string): number | undefined => {
  if (!existsSync(join(data, 'run')))
    throw new BackupError(`no Waybill runs on ${data}: a backup is made of a running system`)
  const pid = new PidFiles(data).read('broker')
  return pid !== undefined && isRunning(pid, data) ? pid : undefined
}

const addressOf = (pid: number | undefined, data: string): string => {
  const port = pid === undefined ? undefined : / --port[= ](\d+)/.exec(commandLine(pid) ?? '')?.[1]
  if (port !== undefined) return `127.0.0.1:${port}`
  throw new BackupError(
    `no broker of ours runs on ${data}: start the system, or name the Kafka that it uses in KAFKA_BROKERS`,
  )
}

/** A backup that is damaged is none to build on. */
const newestIn = (place: string): Before | undefined => {
  const id = backupsIn(place).at(-1)
  if (id === undefined) return undefined
  try {
    const { files } = readManifest(join(place, id))
    return { folder: join(place, id, 'files'), files: new Map(files.map((file) => [file.path, file])) }
  } catch (error) {
    if (error instanceof BackupError) return undefined
    throw error
  }
}

const written = async (folder: string, path: string, text: string): Promise<StoredFile> => {
  const draft = join(folder, `${path}.draft`)
  writeFileSync(draft, text, { mode: 0o600 })
  const { size: bytes, mtimeMs, ino: inode } = await lstat(draft)
  const kept = await keep({ from: draft, path, bytes, mtimeMs, inode, isAppendOnly: false }, folder, undefined)
  rmSync(draft)
  return kept!.stored
}

/** Keys, ports, the supervisor's record, the archive: whatever else lies in the data folder. */
async function* otherFiles(data: string, below: string): AsyncGenerator<Original> {
  for (const entry of await readdir(join(data, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (below === '' && NOT_OURS.has(entry.name)) continue
    if (entry.isDirectory()) yield* otherFiles(data, path)
    if (!entry.isFile()) continue
    const from = join(data, path)
    const found = await lstat(from).catch(() => undefined)
    // Files of the archive are written under another name, and never again once they have theirs.
    if (found !== undefined)
      yield {
        from,
        path,
        bytes: found.size,
        mtimeMs: found.mtimeMs,
        inode: found.ino,
        isAppendOnly: path.startsWith('archive/'),
      }
  }
}
