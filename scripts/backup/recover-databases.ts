import { chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { unprivilegedUser } from '../postgres/installation.ts'
import { type PostgresServer, startPostgres } from '../postgres/server.ts'
import { CLUSTER_FOLDERS } from './databases.ts'
import { BackupError } from './manifest.ts'
import { restoreCommand } from './wal-archive.ts'

export interface RecoveryOptions {
  readonly folder: string
  readonly port: number
  /** Where the log was archived, to go on from what the backup has of it. */
  readonly wal?: string | undefined
  /** Where in that log to stop; default: at its end. */
  readonly until?: Date | undefined
}

const LOOK_MS = 100

/**
 * Starts the server on a restored folder: it replays the log that belongs to the copy, then the archived one, and begins a
 * timeline of its own. Answers the running server, and the moment of the last transaction that it has.
 * @throws BackupError when the log does not reach as far as it was asked for.
 */
export const recoverDatabases = async ({
  folder,
  port,
  wal,
  until,
}: RecoveryOptions): Promise<{ readonly server: PostgresServer; readonly lastCommit: Date | null }> => {
  for (const name of CLUSTER_FOLDERS) await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'recovery.signal'), '', { mode: 0o600 })
  const user = unprivilegedUser()
  if (user) await chownAll(folder, user)
  const settings = {
    restore_command: wal === undefined ? 'false' : restoreCommand(wal),
    recovery_target_action: 'promote',
    // Without an archive: to the moment at which the backup knows where the topics ended.
    ...(wal === undefined && { recovery_target: 'immediate' }),
    ...(until && { recovery_target_time: timestampOf(until) }),
  }
  const reaches = wal === undefined ? [] : [wal]
  const server = await startPostgres({ folder, port, settings, reaches }).catch((error: Error) => {
    throw new BackupError(`the databases cannot be recovered: ${error.message}`)
  })
  try {
    return { server, lastCommit: await promoted(server.url) }
  } catch (error) {
    await server.stop()
    throw new BackupError(`the databases cannot be recovered: ${(error as Error).message}`)
  }
}

/** As the server reads one so early at its start: it does not know yet what `T` and `Z` stand for. */
const timestampOf = (moment: Date): string => moment.toISOString().replace('T', ' ').replace('Z', '+00')

const promoted = async (url: string): Promise<Date | null> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (;;) {
      const { rows } = await client.query<{ recovering: boolean; at: Date | null }>(
        'SELECT pg_is_in_recovery() AS recovering, pg_last_xact_replay_timestamp() AS at',
      )
      if (!rows[0]!.recovering) return rows[0]!.at
      await delay(LOOK_MS)
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

const chownAll = async (path: string, user: { uid: number; gid: number }): Promise<void> => {
  await chown(path, user.uid, user.gid)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) await chownAll(child, user)
    else await chown(child, user.uid, user.gid)
  }
}
