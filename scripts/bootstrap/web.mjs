import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { bin, digest, execute, fail, isDone, markDone, root, say } from './steps.mjs'

const WEB = 'apps/console/web'
const OUTPUT = 'dist/apps/console/web/index.html'
/** Besides its own files: what its types come from, and what it is built with. */
const OTHERS = ['apps/console/src', 'libs/contracts', 'package-lock.json', 'tsconfig.json', 'scripts/bootstrap/web.mjs']

/** Checks the types of the web console and bundles it, unless nothing changed since the last time that worked. */
export const buildWeb = async () => {
  const inputs = digest([WEB, ...OTHERS].flatMap(filesIn).flatMap((file) => [file, readFileSync(join(root, file))]))
  if (isDone('web', inputs) && existsSync(join(root, OUTPUT))) return
  say('building the web console')
  await Promise.all([checkWeb(), bundle()])
  markDone('web', inputs)
}

/** The pages have the browser's globals and so a project of their own. */
export const checkWeb = () => program('the web console does not type-check', [bin('tsc'), '-p', WEB])

const bundle = () => program('the web console cannot be bundled', [bin('vite'), 'build', WEB, '--logLevel', 'error'])

const program = async (failure, args) => {
  const { code, output } = await execute(process.execPath, args)
  if (code !== 0) fail(`${failure}\n${output}`)
}

/** A file itself, or all files of a folder, as paths from the root. */
const filesIn = (path) => {
  if (!statSync(join(root, path)).isDirectory()) return [path]
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}
