import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Prisma's command line wants a native schema engine and would download it, although generating needs none: naming any
 * file that exists as the engine keeps it from the network.
 */
const env = {
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
}

/** Every folder under `prisma/` that holds a schema. */
export const schemas = () =>
  readdirSync(join(root, 'prisma'))
    .filter((name) => existsSync(join(root, 'prisma', name, 'schema.prisma')))
    .map((name) => join('prisma', name))

/** Generates the client of one schema folder into its `client/`. Rejects with Prisma's own words. */
export const generate = (folder) =>
  new Promise((resolve, reject) => {
    const cli = join(root, 'node_modules/prisma/build/index.js')
    const args = [cli, 'generate', '--schema', folder, '--no-hints']
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`prisma generate failed for ${folder}\n${output.trim()}`)),
    )
  })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2).map((service) => join('prisma', service))
  try {
    await Promise.all((named.length > 0 ? named : schemas()).map(generate))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
