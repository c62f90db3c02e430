import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PATIENCE_MS = 120_000

export interface Tool {
  run(folder: string, ...args: string[]): { readonly status: number | null; readonly said: string }
}

/**
 * A program of a Debian package, as it is installed or else unpacked in a folder of its own, for no service is to start.
 * Undefined, which is said, where it cannot be had.
 */
export const debianTool = (program: string, name: string): Tool | undefined => {
  const path = spawnSync(program, ['--version']).status === 0 ? program : unpacked(program, name)
  if (path !== undefined)
    return {
      run: (folder, ...args) => {
        const { status, stdout, stderr } = spawnSync(path, args, { cwd: folder, encoding: 'utf8' })
        return { status, said: `${stdout}${stderr}` }
      },
    }
  process.stderr.write(
    `skipped: ${program} is not installed here and could not be had (Debian: apt-get install ${name})\n`,
  )
  return undefined
}

const unpacked = (program: string, name: string): string | undefined => {
  const folder = join(tmpdir(), `waybill-${program}`)
  const path = join(folder, 'usr/bin', program)
  if (existsSync(path)) return path
  if (process.platform !== 'linux') return undefined
  mkdirSync(folder, { recursive: true })
  const quietly = { stdio: 'ignore', timeout: PATIENCE_MS, cwd: folder } as const
  if (spawnSync('apt-get', ['download', name], quietly).status !== 0) {
    spawnSync('apt-get', ['update', '-qq'], quietly)
    spawnSync('apt-get', ['download', name], quietly)
  }
  const file = readdirSync(folder).find((found) => found.endsWith('.deb'))
  if (file !== undefined) spawnSync('dpkg', ['-x', file, folder], quietly)
  return existsSync(path) ? path : undefined
}
