import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digest, execute, fail, isDone, markDone, root, say } from './steps.mjs'

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

/** Generates the client of every schema folder under `prisma/` whose schema changed. */
export const generateClients = async () => {
  const stale = schemas().filter(({ folder, inputs }) => !isDone(folder, inputs) || !existsSync(clientOf(folder)))
  if (stale.length === 0) return
  say(`generating database clients: ${stale.map(({ folder }) => folder).join(', ')}`)
  await Promise.all(stale.map(generate))
}

const schemas = () =>
  readdirSync(join(root, 'prisma'))
    .filter((name) => existsSync(join(root, 'prisma', name, 'schema.prisma')))
    .map((name) => {
      const folder = join('prisma', name)
      const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.prisma'))
      return { folder, inputs: digest(files.flatMap((file) => [file, readFileSync(join(root, folder, file))])) }
    })

const clientOf = (folder) => join(root, folder, 'client/client.ts')

const generate = async ({ folder, inputs }) => {
  const args = ['node_modules/prisma/build/index.js', 'generate', '--schema', folder, '--no-hints']
  const { code, output } = await execute(process.execPath, args, { env })
  if (code !== 0) fail(`prisma generate failed for ${folder}\n${output}`)
  markDone(folder, inputs)
}
