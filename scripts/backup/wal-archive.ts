import { chown, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unprivilegedUser } from '../postgres/installation.ts'

/**
 * Makes the folder, and answers how the server is told to keep its log there, for the point in time that a backup alone
 * does not reach.
 */
export const prepareArchive = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const user = unprivilegedUser()
  if (user) await chown(folder, user.uid, user.gid)
  return {
    archive_mode: 'on',
    archive_command: archiveCommand(folder),
    // A quiet system's last minute is there as well; compressed, a segment that is nearly empty is small.
    archive_timeout: '60s',
  }
}

/**
 * Run by the server with `%p` the segment and `%f` its name. One that is there already is right only if it is the same: the
 * server asks again after a crash. Under its name a file is whole.
 */
const archiveCommand = (folder: string): string => {
  const to = `${quoted(folder)}/%f.gz`
  return `if [ -f ${to} ]; then gzip -dc ${to} | cmp -s - "%p"; else gzip -1 < "%p" > ${to}.part && mv ${to}.part ${to}; fi`
}

/** The way back; says no for what is not there, which ends the recovery. */
export const restoreCommand = (folder: string): string => {
  const from = `${quoted(folder)}/%f.gz`
  return `[ -f ${from} ] && gzip -dc < ${from} > "%p"`
}

/** No transaction in what was archived is younger: a segment is written there when the server has done with it. */
export const endOfArchive = async (folder: string): Promise<Date> => {
  const segments = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}\.gz$/.test(name))
  const times = await Promise.all(segments.map(async (name) => (await stat(join(folder, name))).mtimeMs))
  return new Date(Math.ceil(times.reduce((latest, time) => Math.max(latest, time), 0)))
}

/** For a shell, and for the server, to which a percent sign means something. */
const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`
