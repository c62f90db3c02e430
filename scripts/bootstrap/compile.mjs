import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bin, digest, execute, fail, isDone, markDone, root, say } from './steps.mjs'

const FOLDERS = ['apps', 'libs', 'prisma', 'scripts', 'test', 'bench']
const OUTPUT = 'dist/scripts/start.js'

/** Compiles everything to `dist/`, unless nothing changed since the last time that worked. */
export const compile = async () => {
  const inputs = digest(sources())
  if (isDone('compile', inputs) && existsSync(join(root, OUTPUT))) return
  say('compiling')
  const { code, output } = await execute(process.execPath, [bin('tsc'), '-p', 'tsconfig.json'])
  if (code !== 0) fail(`the code does not compile\n${output}`)
  markDone('compile', inputs)
}

/** Every source with its time and size, which cost a fraction of its content. */
const sources = () =>
  ['tsconfig.json', 'package.json', ...FOLDERS.flatMap(typeScriptIn)].map((file) => {
    const { mtimeMs, size } = statSync(join(root, file))
    return `${file} ${mtimeMs} ${size}`
  })

const typeScriptIn = (folder) => {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .sort()
}
