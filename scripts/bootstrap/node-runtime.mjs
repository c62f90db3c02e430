import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fail, npm, root, say } from './steps.mjs'

/** The first Node with everything that the code uses, and the line that is fetched where Node is older. */
const MINIMUM = [22, 15]
const FETCHED = '24'

export const nodeInUse = process.execPath

/** The Node to run on: this one, or one of our own in `.runtime/`, fetched from the npm registry when it is missing. */
export const suitableNode = async () => {
  if (isNewEnough(process.versions.node)) return process.execPath
  const own = fetchedNode()
  if (existsSync(own.executable) && isNewEnough(own.version())) return own.executable
  say(`Node ${process.versions.node} is older than ${MINIMUM.join('.')}: fetching Node ${FETCHED} into .runtime`)
  mkdirSync(own.prefix, { recursive: true })
  if (!existsSync(join(own.prefix, 'package.json')))
    writeFileSync(join(own.prefix, 'package.json'), '{"private":true}\n')
  // The platform's own package: the one named `node` is but an install script, which npm may refuse to run.
  const args = ['install', '--prefix', own.prefix, '--no-save', '--no-audit', '--no-fund', `${own.name}@${FETCHED}`]
  const { code, output } = await npm([...args, '--ignore-scripts', '--loglevel=error'])
  if (code !== 0 || !existsSync(own.executable)) fail(`could not fetch Node ${FETCHED}: install it yourself\n${output}`)
  return own.executable
}

/** `PATH` with this Node in front, for everything that is started by name from here on. */
export const pathWith = (executable) => [dirname(executable), process.env.PATH].join(delimiter)

const fetchedNode = () => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const scope = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const name = `${scope}-${platform}-${process.arch}`
  const prefix = join(root, '.runtime')
  const folder = join(prefix, 'node_modules', name)
  return {
    name,
    prefix,
    executable: join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    version: () => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version,
  }
}

const isNewEnough = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])
}
