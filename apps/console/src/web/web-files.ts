import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface WebFile {
  readonly type: string
  readonly etag: string
  /** By `Content-Encoding`; what a browser accepts is looked for in this order. */
  readonly encodings: ReadonlyMap<'br' | 'gzip' | 'identity', Buffer>
  /** Its name holds a hash of its content, so it never changes. */
  readonly isImmutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** What was built of the web console, with the compressed twins of each file, by its path below `/`. Some hundred KB. */
export const readWebFiles = async (folder: string): Promise<ReadonlyMap<string, WebFile>> => {
  const names = (await readdir(folder, { recursive: true })).filter((name) => extname(name) in TYPES)
  const entries = names.map(async (name) => [name.split(sep).join('/'), await readWebFile(folder, name)] as const)
  return new Map(await Promise.all(entries))
}

const readWebFile = async (folder: string, name: string): Promise<WebFile> => {
  const content = await readFile(join(folder, name))
  const encodings = new Map<'br' | 'gzip' | 'identity', Buffer>()
  for (const [encoding, suffix] of [['br', '.br'] as const, ['gzip', '.gz'] as const]) {
    const twin = await readFile(join(folder, `${name}${suffix}`)).catch(() => undefined)
    if (twin !== undefined) encodings.set(encoding, twin)
  }
  encodings.set('identity', content)
  return {
    type: TYPES[extname(name)]!,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    encodings,
    isImmutable: name.startsWith(`assets${sep}`),
  }
}
