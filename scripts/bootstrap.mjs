/**
 * What every npm script goes through: it brings the checkout into the state that the command needs (a Node that is new
 * enough, packages, generated clients, compiled code), each step only when its inputs changed, then runs the command.
 *
 * Plain JavaScript for any Node from 20.19 on, without a dependency: at the first start nothing else is here.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compile } from './bootstrap/compile.mjs'
import { nodeInUse, pathWith, suitableNode } from './bootstrap/node-runtime.mjs'

import { nothingRuns } from './bootstrap/nothing-runs.mjs'
import { installPackages } from './bootstrap/packages.mjs'
import { generateClients } from './bootstrap/prisma-clients.mjs'
import { bin, fail, root } from './bootstrap/steps.mjs'
import { buildWeb, checkWeb } from './bootstrap/web.mjs'

const PACKAGES = [installPackages]
const SOURCES = [...PACKAGES, generateClients]
const BUILD = [...SOURCES, compile, buildWeb]

const vitest = (...options) => [bin('vitest'), 'run', ...options]

/** Each command: what must be there, then the program, with the arguments that come before the user's. */
const COMMANDS = {
  start: { steps: BUILD, program: ['dist/scripts/start.js'] },
  stop: { steps: [], program: ['dist/scripts/stop.js'] },
  'payment-keys': { steps: BUILD, program: ['dist/scripts/payment-keys.js'] },
  'service-keys': { steps: BUILD, program: ['dist/scripts/service-keys.js'] },
  'kafka-access': { steps: BUILD, program: ['dist/scripts/kafka-access.js'] },
  backup: { steps: BUILD, program: ['dist/scripts/backup.js'] },
  restore: { steps: BUILD, program: ['dist/scripts/restore.js'] },
  drill: { steps: BUILD, program: ['dist/scripts/drill.js'] },
  capacity: { steps: BUILD, program: ['dist/scripts/capacity.js'] },
  licences: { steps: BUILD, program: ['dist/scripts/licences.js'] },
  keys: { steps: BUILD, program: ['dist/scripts/keys.js'] },
  batch: { steps: BUILD, program: ['dist/scripts/batch.js'] },
  traffic: { steps: BUILD, program: ['dist/scripts/traffic.js'] },
  broker: { steps: BUILD, program: ['dist/apps/broker/src/main.js'] },
  bench: { steps: BUILD, program: ['dist/bench/main.js'] },
  'bench:broker': { steps: BUILD, program: ['dist/bench/broker/main.js'] },
  build: { steps: BUILD },
  generate: { steps: SOURCES },
  typecheck: { steps: [...SOURCES, checkWeb], program: [bin('tsc'), '--noEmit'] },
  lint: { steps: PACKAGES, program: [bin('biome'), 'check'] },
  format: { steps: PACKAGES, program: [bin('biome'), 'check', '--write'] },
  'migrate:diff': { steps: BUILD, program: ['dist/scripts/migrate-diff.js'] },
  test: { steps: SOURCES, program: ['scripts/test.mjs'] },
  'test:unit': { steps: SOURCES, program: vitest('--project', 'unit') },
  // Some of them start the compiled broker.
  'test:int': { steps: [...SOURCES, compile], program: vitest('--project', 'int') },
  'test:e2e': { steps: BUILD, program: vitest('--project', 'e2e', '--project', 'e2e-alone') },
  'test:kafka': { steps: BUILD, program: ['scripts/test-kafka.mjs'] },
  screenshots: { steps: BUILD, program: ['dist/test/browser/pictures.js'] },
  'test:librdkafka': { steps: BUILD, program: ['dist/test/conformance/librdkafka/main.js'] },
}

const [name, ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (!command) fail(`usage: npm run ${Object.keys(COMMANDS).join('|')} [-- ARGUMENTS]`)

if (name === 'stop' && nothingRuns(args)) process.exit()
process.chdir(root)
const node = await suitableNode()
if (node !== process.execPath) {
  await handOver(node, process.argv.slice(1))
} else {
  process.env.PATH = pathWith(nodeInUse)
  for (const step of command.steps) await step()
  if (command.program) await run([...command.program, ...args])
}

/** Becomes the program where that is possible, rather than its parent: one process less while it runs. */
async function run([program, ...rest]) {
  const file = join(root, program)
  if (!existsSync(file)) fail(`there is no ${program}: npm run build makes it`)
  process.argv = [process.execPath, file, ...rest]
  await import(pathToFileURL(file).href)
}

/** Runs the whole command again on another Node; signals and the exit code pass through. */
async function handOver(executable, argv) {
  const child = spawn(executable, argv, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`cannot run ${executable}: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1
    if (signal) process.kill(process.pid, signal)
  })
}
