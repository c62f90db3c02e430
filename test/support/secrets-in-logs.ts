import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningSystem } from './system.ts'

/** What no log may hold, by what it is: literal texts, or what they look like. */
const LOOKS: Readonly<Record<string, RegExp>> = {
  'a payment token': /\btok_\w+/,
  'a sealed payment token': /sealed\.v1\./,
  'a secret of webhooks': /whsec_\w{8}/,
  'a web token': /\beyJ[\w-]+\.[\w-]+\./,
  'credentials of a request': /\b(Bearer|Basic) [\w.~+/=-]{8}/i,
  'a private key': /PRIVATE KEY/,
  'a customer': /\bcust-\d{4}\b/,
  'an address of a customer': /[\w.]+@example\.(com|org|net)/,
}

/** Each line of the system's logs that shows a secret of this run, with what it shows. `known` are more texts that are. */
export const secretsInLogs = async (system: RunningSystem, known: readonly string[]): Promise<string[]> => {
  const texts = [...known, ...(await keysOf(system)), ...(await tokensOf(system))]
  const folder = join(system.data, 'logs')
  const found: string[] = []
  for (const file of await readdir(folder)) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n')
    for (const line of lines) {
      const shown = [
        ...texts.filter((text) => line.includes(text)).map(() => 'a secret of this run'),
        ...Object.keys(LOOKS).filter((what) => LOOKS[what]!.test(line)),
      ]
      if (shown.length > 0) found.push(`${file} shows ${shown.join(', ')}: ${line.slice(0, 300)}`)
    }
  }
  return found
}

/** Every line of every key file that is long enough to be one. */
const keysOf = async ({ data }: RunningSystem): Promise<string[]> => {
  const folder = join(data, 'keys')
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const files = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return files.flatMap((text) => text.split('\n')).filter((line) => line.length >= 16 && !line.startsWith('-----'))
}

/** What the gateway was given to steer the supervisor with. */
const tokensOf = async (system: RunningSystem): Promise<string[]> => {
  const environment = await readFile(`/proc/${await system.pidOf('console')}/environ`, 'utf8').catch(() => '')
  return [...environment.matchAll(/\b\w+_(?:TOKEN|SECRET|PASSWORD)=([^\0]{8,})/g)].map((match) => match[1]!)
}
