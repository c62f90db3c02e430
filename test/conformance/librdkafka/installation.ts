import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/**
 * librdkafka with its binding for Node and its own tests, built on demand: both are in one npm package, which nothing
 * else here needs and which no `npm ci` should have to compile. Needs a C++ compiler, make, Python and the headers of
 * OpenSSL and zlib (Debian: build-essential python3 libssl-dev zlib1g-dev).
 */
const VERSION = '1.10.1'
const NODE_GYP = '13.1.0'
const PACKAGE = '@confluentinc/kafka-javascript'

const root = resolve(import.meta.dirname, '../../..').replace(/\/dist$/, '')
const prefix = join(root, '.runtime/librdkafka')
const folder = join(prefix, 'node_modules', PACKAGE)
const stamp = join(prefix, 'built')

/** What Node imports as `@confluentinc/kafka-javascript`. */
export const clientModule = join(folder, 'lib/index.js')
/** Where `test-runner` is built and run. */
export const testsFolder = join(folder, 'deps/librdkafka/tests')

/** Whether the client can be imported, without building anything. */
export async function isClientBuilt(): Promise<boolean> {
  const built = await readFile(stamp, 'utf8').catch(() => '')
  return built === identity()
}

/** Builds the client unless it is there; resolves to the reason why it cannot be had, or to undefined. */
export async function installClient(): Promise<string | undefined> {
  if (await isClientBuilt()) return undefined
  try {
    await build()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Builds `test-runner`; rejects with the end of the compiler's output. */
export async function buildTestRunner(): Promise<void> {
  const reason = await installClient()
  if (reason !== undefined) throw new Error(reason)
  await wantOneReplica()
  await execute('make', ['-j', `${availableParallelism()}`, '-C', testsFolder, 'test-runner'])
}

async function build(): Promise<void> {
  await rm(stamp, { force: true })
  await mkdir(prefix, { recursive: true })
  const dependencies = { [PACKAGE]: VERSION, 'node-gyp': NODE_GYP }
  await writeFile(join(prefix, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await npm(['install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  const gyp = join(prefix, 'node_modules/node-gyp/bin/node-gyp.js')
  const headers = await nodeHeaders()
  const target = ['--module_path=./build/Release', '--module_name=confluent-kafka-javascript']
  await execute(process.execPath, [gyp, 'rebuild', `--nodedir=${headers}`, ...target], {
    cwd: folder,
    // The variable is stronger than the option, and npm sets it to another Node's folder where it is configured so.
    env: { ...process.env, CKJS_LINKING: 'dynamic', npm_config_nodedir: headers },
  })
  await writeFile(stamp, identity())
}

/** A few tests create their topics with three replicas, which no single broker takes, Apache Kafka's included. */
async function wantOneReplica(): Promise<void> {
  for await (const file of glob('*.{c,cpp}', { cwd: testsFolder })) {
    const path = join(testsFolder, file)
    const source = await readFile(path, 'utf8')
    const changed = source
      .replace(/(create_topic_wait_exists\([^;]*), 3, (\d+)\)/g, '$1, 1, $2)')
      .replace(/(create_topic\([^;]*), 3\)/g, '$1, 1)')
    if (changed !== source) await writeFile(path, changed)
  }
}

/** A build serves one version of the client under one ABI of Node. */
const identity = (): string => `${VERSION} ${process.versions.modules}`

/** A folder with `include/node`: the running Node's own, or that of the npm package that carries it. */
async function nodeHeaders(): Promise<string> {
  const own = dirname(dirname(process.execPath))
  if (existsSync(join(own, 'include/node/node.h'))) return own
  const carrier = `node-${process.platform}-${process.arch}`
  const into = join(prefix, 'headers')
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await npm(['install', '--prefix', into, ...options, `${carrier}@${process.versions.node}`])
  return join(into, 'node_modules', carrier)
}

function npm(args: readonly string[]): Promise<void> {
  const cli = process.env.npm_execpath
  return cli?.endsWith('npm-cli.js') ? execute(process.execPath, [cli, ...args]) : execute('npm', args)
}

const OUTPUT_KEPT = 4000

function execute(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-OUTPUT_KEPT)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) done()
      else reject(new Error(`${program} ${args[0] ?? ''} ended with code ${code}\n${output}`))
    })
  })
}
