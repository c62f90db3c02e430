import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './root.ts'

/** Licences that ask for no more than to be named, by their SPDX identifiers. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'Unlicense'],
  ...['CC0-1.0', 'Python-2.0', 'Zlib'],
])
/** What we run while we develop and never hand on may also ask for changes to itself to be open. */
const FOR_DEVELOPMENT = new Set([...PERMISSIVE, 'MPL-2.0', 'EPL-2.0', 'CC-BY-4.0'])
/** Whose package.json says nothing that can be read; somebody has looked at its licence file. */
const READ_BY_HAND: Readonly<Record<string, string>> = { 'seq-queue': 'MIT' }

export interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  /** Needed by what we develop with, and a peer that something else can do without. */
  readonly devOptional?: boolean
  readonly link?: boolean
}

/** Each package of the lockfile whose licence nobody has allowed, in words. */
export const forbiddenLicences = (packages: Readonly<Record<string, LockedPackage>>): string[] =>
  Object.entries(packages).flatMap(([path, { version, license: said, link = false, ...locked }]) => {
    if (path === '' || link) return []
    const dev = locked.dev === true || locked.devOptional === true
    const name = path.replace(/^.*node_modules\//, '')
    const license = said ?? READ_BY_HAND[name]
    if (license === undefined) return [`${name} ${version}: says no licence`]
    const allowed = dev ? FOR_DEVELOPMENT : PERMISSIVE
    return isAllowed(license, allowed) ? [] : [`${name} ${version}: ${license}${dev ? '' : ', and it is handed on'}`]
  })

/** One of what stands between OR must do, all of what stands between AND. */
const isAllowed = (expression: string, allowed: ReadonlySet<string>): boolean =>
  expression
    .replace(/[()]/g, '')
    .split(/ or /i)
    .some((choice) => choice.split(/ and /i).every((licence) => allowed.has(licence.trim())))

export const lockedPackages = (): Record<string, LockedPackage> =>
  (JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> })
    .packages

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const packages = lockedPackages()
  const forbidden = forbiddenLicences(packages)
  for (const line of forbidden) console.error(line)
  console.log(
    `${Object.keys(packages).length - 1} packages, ${forbidden.length} of them with a licence that nobody has allowed`,
  )
  process.exit(forbidden.length === 0 ? 0 : 1)
}
