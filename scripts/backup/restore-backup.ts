import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readPositions, resetPositions } from '#libs/messaging'
import type { MadeAgain } from '../../apps/order/src/orders-again.ts'
import { freePorts } from '../postgres/free-port.ts'
import { nodeFlags } from '../processes.ts'
import { ROOT } from '../root.ts'
import { accepts } from '../supervisor/wait.ts'
import { askBroker } from './ask-broker.ts'
import { digestOf } from './copy-files.ts'
import { cutTopics } from './cut-topics.ts'
import { endsAt } from './ends-at.ts'
import { groupsBack } from './groups-back.ts'
import { BackupError, backupsIn, type Manifest, readManifest } from './manifest.ts'
import { countUnknown, followKeys, followLater, readLater } from './reconcile.ts'
import { recoverDatabases } from './recover-databases.ts'
import { endOfArchive } from './wal-archive.ts'

export interface RestoreOptions {
  /** A folder of backups, of which the newest is meant, or one of them. */
  readonly from: string
  readonly to: string
  /** `to` has a broker's folder that outlived the databases: it stays, and they follow it. */
  readonly keepBroker: boolean
  /** Where PostgreSQL's log was archived. */
  readonly wal?: string | undefined
  /** The moment in it that everything is restored to; default: its end, and what the topics tell beyond that. */
  readonly until?: Date | undefined
  /** Orders that the topics tell of after `until` are placed again. */
  readonly withLater?: boolean
  /** A Kafka that is not ours, with the topics of this system. */
  readonly kafka?: string | undefined
  readonly say: (line: string) => void
}

export interface RestoreResult {
  readonly manifest: Manifest
  readonly bytes: number
  /** Of the last transaction that the databases have; null where none is in the log that was replayed. */
  readonly lastCommit: Date | null
  readonly again: MadeAgain
  /** Orders that the topics told of after the moment that was asked for, and that are not there. */
  readonly leftOut: number
}

/** The world outside is in no backup: it may be in its place already. */
const MAY_BE_THERE = 'simulators'
const STARTED_WITHIN_MS = 120_000
/** Longer than a process rests in the middle of a commit. What is known already is made once. */
const OVERLAP_MS = 10_000
const NOTHING: MadeAgain = { placed: 0, cancelled: 0, unpaid: 0, returns: 0 }

/** @throws BackupError, with nothing left behind in the target. */
export const restoreBackup = async (options: RestoreOptions): Promise<RestoreResult> => {
  const { to, keepBroker, say } = options
  const backup = existsSync(join(options.from, 'manifest.json')) ? options.from : newestOf(options.from)
  const manifest = readManifest(backup)
  checkTarget(to, keepBroker)
  checkMoment(manifest, options)
  say(`checking ${manifest.files.length} files of ${backup}`)
  await verify(backup, manifest)
  const files = manifest.files.filter(({ path }) => !(keepBroker && path.startsWith('broker/')))
  const made = new Set(files.map(({ path }) => path.split('/')[0]!))
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 })
    let bytes = 0
    for (const file of files) {
      const target = join(to, file.path)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await copyFile(join(backup, 'files', file.path), target, constants.COPYFILE_FICLONE)
      bytes += file.bytes
    }
    say(`copied ${bytes} bytes; recovering the databases`)
    const [port] = (await freePorts(1)) as [number]
    const { wal, until } = options
    const { server, lastCommit } = await recoverDatabases({ folder: join(to, 'postgres'), port, wal, until })
    try {
      const moments = until ? { known: until, cut: until } : await endOf(manifest, wal, lastCommit)
      const met = await meetTopics(options, manifest, { postgresPort: port, ...moments })
      return { manifest, bytes, lastCommit, ...met }
    } finally {
      await server.stop()
    }
  } catch (error) {
    for (const name of made) rmSync(join(to, name), { recursive: true, force: true })
    throw error
  }
}

interface Databases {
  readonly postgresPort: number
  /** What was said before it they know, and they have taken nothing for said that was said after `cut`; default: as the backup. */
  readonly known?: Date
  readonly cut?: Date
}

/**
 * Of databases that went on to the end of their log. Commits lie there in another order than their times have, by as much as a
 * process may rest in the middle of one: so what they know is looked at from a little before, and what they may have taken
 * for said reaches to the end of the archive.
 */
const endOf = async (
  { databasesAt }: Manifest,
  wal: string | undefined,
  lastCommit: Date | null,
): Promise<Pick<Databases, 'known' | 'cut'>> => {
  if (wal === undefined || lastCommit === null) return {}
  const latest = Math.max((await endOfArchive(wal)).getTime(), Date.parse(databasesAt))
  return { known: new Date(lastCommit.getTime() - OVERLAP_MS), cut: new Date(latest + 1) }
}

/** Brings topics, positions of groups and the running databases to one moment. */
const meetTopics = async (
  { to, until, withLater, kafka, say }: RestoreOptions,
  { positions }: Manifest,
  { postgresPort, known, cut }: Databases,
): Promise<Pick<RestoreResult, 'again' | 'leftOut'>> => {
  const [port] = (await freePorts(1)) as [number]
  const start = async () => startBroker(join(to, 'broker'), port)
  let broker = kafka === undefined ? await start() : undefined
  try {
    const brokers = { brokers: kafka?.split(',') ?? [`127.0.0.1:${port}`], clientId: 'waybill-restore' }
    const endsOf = async (moment: Date | undefined) =>
      broker === undefined || moment === undefined ? positions.ends : endsAt(brokers, moment)
    const later = await readLater(brokers, await endsOf(known))
    if (broker !== undefined) {
      const ends = await endsOf(cut)
      say('cutting the topics at the moment of the databases')
      await broker.stop()
      cutTopics(join(to, 'broker'), ends)
      broker = await start()
    }
    say('setting every group back to where it stood before the databases were copied')
    const { groups } = await askBroker(() => readPositions(brokers))
    await resetPositions(brokers, groupsBack(positions.groups, groups))
    const keys = await followKeys(later, postgresPort)
    if (keys > 0) say(`customers whose keys were made since, and are in the vault again: ${keys}`)
    // Whose topics are somebody else's cannot be cut, so everybody will hear of what came later.
    if (until === undefined || withLater || broker === undefined)
      return { again: await followLater(later, postgresPort), leftOut: 0 }
    return { again: NOTHING, leftOut: await countUnknown(later, postgresPort) }
  } finally {
    await broker?.stop()
  }
}

const newestOf = (place: string): string => {
  const id = backupsIn(place).at(-1)
  if (id === undefined) throw new BackupError(`no finished backup is in ${place}`)
  return join(place, id)
}

const checkTarget = (to: string, keepBroker: boolean): void => {
  const there = existsSync(to) ? readdirSync(to) : []
  if (keepBroker && !there.includes('broker')) throw new BackupError(`--keep-broker: ${to} has no broker/`)
  const inTheWay = keepBroker
    ? there.filter((name) => ['postgres', 'keys'].includes(name))
    : there.filter((name) => name !== MAY_BE_THERE)
  if (inTheWay.length > 0) throw new BackupError(`${to} is not empty: ${inTheWay.join(', ')} would be overwritten`)
}

/** A message that a database took for published has to be in the topics: databases may be older than these, never younger. */
const checkMoment = (
  { databasesAt, brokerAt }: Manifest,
  { wal, until, keepBroker, withLater }: RestoreOptions,
): void => {
  if (wal !== undefined && !existsSync(wal)) throw new BackupError(`--wal: there is no ${wal}`)
  if (until !== undefined && wal === undefined)
    throw new BackupError('--until needs the archived log: name it with --wal')
  if (withLater && until === undefined) throw new BackupError('--with-later goes with --until')
  if (until !== undefined && until < new Date(databasesAt))
    throw new BackupError(`--until lies before this backup, whose databases are of ${databasesAt}: take an older one`)
  const isFollowed = keepBroker || brokerAt === null
  if (wal !== undefined && !isFollowed && !(until !== undefined && until <= new Date(brokerAt)))
    throw new BackupError(
      `the broker's files are of ${brokerAt}: databases that are younger would take messages for published that are in no ` +
        'topic. Name a moment before that with --until, or keep a broker that outlived them with --keep-broker',
    )
}

const verify = async (backup: string, { files }: Manifest): Promise<void> => {
  const problems: string[] = []
  for (const { path, bytes, sha256 } of files) {
    const found = await digestOf(join(backup, 'files', path)).catch(() => undefined)
    if (found === undefined) problems.push(`${path} is missing`)
    else if (found.bytes !== bytes || found.sha256 !== sha256) problems.push(`${path} is damaged`)
  }
  if (problems.length === 0) return
  const named = problems.slice(0, 10).join('\n  ')
  throw new BackupError(`${backup} is not whole, and nothing was restored: ${problems.length} files\n  ${named}`)
}

interface OwnBroker {
  stop(): Promise<void>
}

/** The broker alone, on loopback, for as long as this takes. */
const startBroker = async (folder: string, port: number): Promise<OwnBroker> => {
  const main = join(ROOT, 'dist/apps/broker/src/main.js')
  const args = [...nodeFlags('broker'), main, '--host=127.0.0.1', `--port=${port}`, `--data-dir=${folder}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4_000)
    })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const deadline = Date.now() + STARTED_WITHIN_MS
  while (!(await accepts(port))) {
    if (hasEnded(child) || Date.now() > deadline) {
      end()
      throw new BackupError(`the broker does not start on ${folder}: ${output.trim()}`)
    }
    await delay(50)
  }
  return {
    stop: async () => {
      process.off('exit', end)
      if (hasEnded(child)) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null
