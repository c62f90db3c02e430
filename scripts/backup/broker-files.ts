import { spawn } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Original } from './copy-files.ts'
import { BackupError } from './manifest.ts'

/** What is no part of the state that a killed broker leaves: its lock, and what only a power cut makes worth reading. */
const LEFT_OUT = /^(lock|redo-[01]|.*\.tmp|.*\.cleaned|clean-shutdown)$/
/** No stop of ours lasts longer, whatever becomes of us. Seconds. */
const LONGEST_STOP_S = 5
/** For all threads to have stopped. Milliseconds. */
const STOPPED_WITHIN_MS = 3_000

export interface BrokerSnapshot {
  readonly at: Date
  /** For so long the broker stood still, milliseconds. */
  readonly stoppedMs: number
  readonly files: readonly Original[]
  /** Lets go of what was held for the copy. */
  release(): void
}

/**
 * The files of a running broker as they are at one moment: it is stopped while each of them is given a second name, which
 * takes some milliseconds, and goes on while they are copied. What is found is what `kill -9` would have left at that
 * moment, which the broker is made to start on. Its files are appended to, or replaced by others under the same name, so
 * the second names, up to the lengths of that moment, stay what they were.
 */
export const snapshotBroker = async (folder: string, pid: number): Promise<BrokerSnapshot> => {
  // Beside it, because a second name has to be on the same disk.
  const held = `${folder}.backup`
  const release = () => rmSync(held, { recursive: true, force: true })
  release()
  mkdirSync(held, { mode: 0o700 })
  const watchdog = spawn('sh', ['-c', `sleep ${LONGEST_STOP_S}; kill -CONT ${pid}`], {
    detached: true,
    stdio: 'ignore',
  })
  const began = performance.now()
  try {
    process.kill(pid, 'SIGSTOP')
    await untilStopped(pid)
    const at = new Date()
    const files = hold(folder, held, '')
    return { at, files, stoppedMs: performance.now() - began, release }
  } catch (error) {
    release()
    throw error
  } finally {
    process.kill(pid, 'SIGCONT')
    watchdog.kill()
  }
}

const hold = (folder: string, held: string, below: string): Original[] =>
  readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (LEFT_OUT.test(entry.name) || entry.name.endsWith('.deleted')) return []
    if (entry.isDirectory()) {
      mkdirSync(join(held, path), { mode: 0o700 })
      return hold(folder, held, path)
    }
    const from = join(held, path)
    linkSync(join(folder, path), from)
    const { size: bytes, mtimeMs, ino: inode } = statSync(from)
    return [{ from, path: `broker/${path}`, bytes, mtimeMs, inode, isAppendOnly: true }]
  })

const untilStopped = async (pid: number): Promise<void> => {
  if (!existsSync('/proc/self/stat')) return delay(50)
  const deadline = Date.now() + STOPPED_WITHIN_MS
  while (!isStopped(pid)) {
    if (Date.now() > deadline) throw new BackupError(`the broker (pid ${pid}) does not stand still`)
    await delay(1)
  }
}

/** All of its threads, of which some may have been in the middle of a write. */
const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  })
