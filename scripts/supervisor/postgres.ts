import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareArchive } from '../backup/wal-archive.ts'
import { prepareCluster } from '../postgres/cluster.ts'
import type { Launch } from './supervised-process.ts'

/** Clears up after a server that was killed, then answers how to start the next one. */
export const postgresLaunch = async (folder: string, port: number, walArchive?: string): Promise<Launch> => {
  await endOrphans(folder)
  const archived = walArchive !== undefined && { settings: await prepareArchive(walArchive), reaches: [walArchive] }
  // Not from wherever we are: the user that it runs as may have no way in.
  return { ...(await prepareCluster({ folder, port, ...archived })), cwd: '/' }
}

/**
 * When the postmaster is killed its backends end by themselves, but a busy one only once its statement is through; until
 * then they hold the shared memory, and a new server refuses to start beside them. With none of them left, the lock file
 * of the dead server can only mislead: its pid may belong to a stranger by now.
 */
const endOrphans = async (folder: string): Promise<void> => {
  if (!existsSync('/proc/self/cwd') || !existsSync(folder)) return
  for (let orphans = livingIn(folder); orphans.length > 0; orphans = livingIn(folder)) {
    for (const pid of orphans) kill(pid)
    await sleep(20)
  }
  rmSync(join(folder, 'postmaster.pid'), { force: true })
}

/** The processes that work in this folder; every process of a PostgreSQL server works in its data folder. */
const livingIn = (folder: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === folder && readlinkSync(`/proc/${pid}/exe`).endsWith('/postgres')
      } catch {
        return false // Ended meanwhile, or not ours to look at.
      }
    })
    .map(Number)

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended meanwhile.
  }
}

/**
 * PostgreSQL does not notice the end of the supervisor as our own processes do (see lifeline.ts), so a shell waits in its
 * place for the pipe to close and then asks the server to stop.
 */
export const watchOver = (server: ChildProcess): ChildProcess => {
  const script = 'read -r _; kill -INT "$1" 2>/dev/null'
  const guard = spawn('sh', ['-c', script, 'waybill-postgres-guard', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.stdin.on('error', () => undefined)
  server.once('exit', () => guard.kill('SIGKILL'))
  return guard
}
