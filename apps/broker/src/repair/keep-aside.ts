import type { FileSystem } from '../disk/file-system.ts'

const CHUNK = 1024 * 1024

/** Copies a file that is about to be repaired to a name that nothing else has; durable. Returns that name. */
export async function keepAside(fs: FileSystem, path: string): Promise<string> {
  let aside = `${path}.damaged`
  for (let number = 2; fs.size(aside) !== undefined; number++) aside = `${path}.damaged-${number}`
  const from = fs.open(path)
  const to = fs.open(aside)
  try {
    const size = fs.size(path) ?? 0
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size))
    for (let at = 0; at < size; ) {
      const read = await from.read(chunk, at)
      await to.write([chunk.subarray(0, read)], at)
      at += read
    }
    await to.sync()
  } catch (error) {
    await fs.remove(aside).catch(() => {})
    throw error
  } finally {
    from.close()
    to.close()
  }
  return aside
}
