import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, postgresCommand } from './command.ts'
import { findInstallation, unprivilegedUser } from './installation.ts'

export const USER = 'waybill'
const PASSWORD = 'waybill'

/** Address of one database of an embedded server. */
export const databaseUrl = (port: number, database: string): string =>
  `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`

export interface ClusterOptions {
  readonly folder: string
  readonly port: number
  /** Server settings, by PostgreSQL's names, on top of the defaults here. */
  readonly settings?: Readonly<Record<string, string>>
  /** Folders that its commands write to or read from, such as the archive of its log. */
  readonly reaches?: readonly string[]
}

/** Sized for a demo beside nine other processes; nothing that weakens durability. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  autovacuum_naptime: '15s',
  // Every statement goes by a key, so a rough picture of the tables will do; a sharp one, drawn again each time a young
  // table has grown by a tenth, took a tenth of what the server did under load.
  default_statistics_target: '10',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  timezone: 'UTC',
}

/** Creates the cluster when the folder holds none, and answers how to start its server. */
export const prepareCluster = async ({ folder, port, settings, reaches = [] }: ClusterOptions): Promise<Command> => {
  const { initdb, postgres } = await findInstallation()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const user = unprivilegedUser()
  if (user) await chown(folder, user.uid, user.gid)
  if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(initdb, folder)
  const args = ['-D', folder, '-p', String(port)]
  for (const [name, value] of Object.entries({ ...SETTINGS, ...settings })) args.push('-c', `${name}=${value}`)
  return postgresCommand(postgres, args, [folder, ...reaches])
}

const initialise = async (initdb: string, folder: string): Promise<void> => {
  const passwordFile = join(tmpdir(), `waybill-postgres-${process.pid}-${Date.now()}`)
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  const user = unprivilegedUser()
  if (user) await chown(passwordFile, user.uid, user.gid)
  try {
    const args = ['-D', folder, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-instructions']
    args.push('--encoding=UTF8', '--locale=C', '--no-sync')
    await run(postgresCommand(initdb, args, [folder, passwordFile]))
  } catch (error) {
    // initdb leaves a folder it did not create behind half filled; a later start must not take that for a cluster.
    await rm(join(folder, 'PG_VERSION'), { force: true })
    throw error
  } finally {
    await rm(passwordFile, { force: true })
  }
}

const run = ({ file, args, ...options }: Command): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
    let output = ''
    child.stderr.on('data', (chunk) => {
      output += String(chunk)
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${file} failed: ${output.trim()}`))))
  })
