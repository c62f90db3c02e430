import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { unprivilegedUser } from './installation.ts'

/** A program with its arguments and, for a root that gives up its rights, the user to run it as. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

/**
 * How to run one of PostgreSQL's programs on `folders`. Under root it runs as another user, who may lack the way into a
 * private folder (a clone in /root or in a `mktemp -d`); then it keeps one right of root's, to pass through
 * folders, also where the kernel asks what the user itself, without that right, could do (`access`).
 */
export const postgresCommand = (file: string, args: readonly string[], folders: readonly string[]): Command => {
  const user = unprivilegedUser()
  if (!user) return { file, args }
  if ([file, ...folders].every((path) => reachable(path, user))) return { file, args, ...user }
  const capability = '+dac_override'
  const drop = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--securebits=+no_setuid_fixup']
  return { file: 'setpriv', args: [...drop, `--inh-caps=${capability}`, `--ambient-caps=${capability}`, file, ...args] }
}

const reachable = (path: string, user: { uid: number; gid: number }): boolean => {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & needed) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
