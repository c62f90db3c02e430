import { spawnSync } from 'node:child_process'

/** What a program needs must have been fetched before: tests ask no registry. */
const offline = { ...process.env, GOPROXY: 'off' }

/** Whether the program in this folder can be built here. */
export const canBuildGo = (folder: string): boolean =>
  spawnSync('go', ['mod', 'verify'], { cwd: folder, env: offline }).status === 0

/** Builds it into this file. */
export function buildGo(folder: string, file: string): void {
  const built = spawnSync('go', ['build', '-o', file, '.'], { cwd: folder, env: offline })
  if (built.status !== 0) throw new Error(built.stderr.toString())
}
