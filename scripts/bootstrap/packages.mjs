import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, npm, root, say } from './steps.mjs'

/** Installs what package-lock.json names, unless npm's own note in node_modules says that all of it is there. */
export const installPackages = async () => {
  const wanted = packagesOf('package-lock.json')
  if (!wanted) fail('there is no package-lock.json')
  if (isInstalled(wanted, packagesOf('node_modules/.package-lock.json'))) return
  say('installing packages (npm ci)')
  // No package here needs its install script; npm 12 would refuse to run them, so nothing may rely on one.
  const { code, output } = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  if (code !== 0) fail(`npm ci failed\n${output}`)
}

const packagesOf = (lockfile) => {
  try {
    return JSON.parse(readFileSync(join(root, lockfile), 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Optional packages are for some platforms only, so the one at hand may rightly lack them. */
const isInstalled = (wanted, installed) =>
  installed !== undefined &&
  Object.entries(wanted).every(
    ([path, { version, optional, peer }]) =>
      path === '' || installed[path]?.version === version || ((optional || peer) && installed[path] === undefined),
  )
