import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const INSTALL_MS = 4 * 60_000

/**
 * The program of a Chromium: what `CHROMIUM` names, one on the path, or Debian's, installed now where that is allowed. Says
 * how to get one, and answers undefined, when there is none.
 */
export const chromiumProgram = (): string | undefined => {
  const found = process.env.CHROMIUM ?? onPath() ?? (install() ? onPath() : undefined)
  if (found === undefined)
    process.stderr.write(
      'SKIPPED the tests in a browser: install chromium (Debian: apt-get install chromium) or name one in CHROMIUM\n',
    )
  return found
}

const onPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isProgram)

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether it could be tried. */
const install = (): boolean => {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  process.stderr.write('installing chromium for the tests in a browser\n')
  const options = { timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update', '-qq'], options)
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
  return true
}
