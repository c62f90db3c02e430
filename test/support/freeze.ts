import { readdir, readFile } from 'node:fs/promises'

/**
 * `SIGSTOP` to a process and its children (PostgreSQL's backends), as a paused virtual machine or a debugger would stop it:
 * connections stay open, locks stay held, nobody is told. The answer thaws them.
 */
export const freeze = async (pid: number): Promise<() => void> => {
  process.kill(pid, 'SIGSTOP')
  const frozen = [pid, ...(await childrenOf(pid))]
  for (const child of frozen.slice(1)) signal(child, 'SIGSTOP')
  return () => {
    for (const each of frozen.toReversed()) signal(each, 'SIGCONT')
  }
}

/** Linux only, read from /proc. */
const childrenOf = async (pid: number): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const statuses = await Promise.all(pids.map((each) => readFile(`/proc/${each}/status`, 'utf8').catch(() => '')))
  return pids.flatMap((each, i) => (Number(/^PPid:\s+(\d+)/m.exec(statuses[i]!)?.[1]) === pid ? Number(each) : []))
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // Ended meanwhile.
  }
}
