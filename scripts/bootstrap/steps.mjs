import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The JavaScript behind a package's command, as a path from the root; runs without a shell on every platform. */
export const bin = (name) =>
  ({
    biome: 'node_modules/@biomejs/biome/bin/biome',
    tsc: 'node_modules/typescript/bin/tsc',
    vite: 'node_modules/vite/bin/vite.js',
    vitest: 'node_modules/vitest/vitest.mjs',
  })[name]

/** Ends the process with a message for its user. */
export const fail = (message) => {
  console.error(`waybill: ${message}`)
  process.exit(1)
}

export const say = (message) => console.log(`waybill: ${message}`)

/** Where a step notes what it last worked on; gone with the packages, so that new ones redo everything. */
const stampFile = (step) => join(root, 'node_modules/.cache/waybill', `${step}.stamp`)

export const isDone = (step, inputs) => {
  try {
    return readFileSync(stampFile(step), 'utf8') === inputs
  } catch {
    return false
  }
}

export const markDone = (step, inputs) => {
  mkdirSync(dirname(stampFile(step)), { recursive: true })
  writeFileSync(stampFile(step), inputs)
}

export const digest = (parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/** Runs a program to its end; answers its exit code and, unless it writes to our terminal, its output. */
export const execute = (file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        output += chunk
      })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output: output.trim() }))
  })

/** npm's own program where npm started us, so that no other npm is needed on the PATH. */
export const npm = (args, options) => {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js')) return execute(process.execPath, [cli, ...args], options)
  return execute(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    shell: process.platform === 'win32',
    ...options,
  })
}
