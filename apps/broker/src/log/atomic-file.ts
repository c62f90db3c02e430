import { dirname } from 'node:path'
import { crc32c } from '#libs/kafka-protocol'
import type { File, FileSystem } from '../disk/file-system.ts'

const CRC_SIZE = 4
/** A write larger than this leaves the event loop to a thread. */
const SYNC_WRITE_LIMIT = 1024 * 1024

/**
 * Replaces a small file so that a crash leaves the old content or the new, never a mixture: temporary file, fsync,
 * rename, fsync of the directory. The content is followed by its CRC-32C.
 */
export async function writeAtomically(fs: FileSystem, path: string, content: readonly Buffer[]): Promise<void> {
  const crc = Buffer.alloc(CRC_SIZE)
  crc.writeUInt32BE(content.reduce((sum, piece) => crc32c(piece, sum), 0))
  const bytes = content.reduce((sum, piece) => sum + piece.length, 0)
  await replaceFile(fs, path, async (file) => {
    file.truncate(0)
    const pieces = [...content, crc]
    if (bytes > SYNC_WRITE_LIMIT) await file.write(pieces, 0)
    else file.writeSync(pieces, 0)
    await file.sync()
  })
  await fs.syncDirectory(dirname(path))
}

/**
 * Has `fill` write and sync a temporary file, which then takes the name; durable once the directory is synced. When
 * that fails, the temporary file does not keep the room that it took on a disk that is full.
 */
export async function replaceFile(fs: FileSystem, path: string, fill: (file: File) => Promise<void>): Promise<void> {
  const temporary = `${path}.tmp`
  const file = fs.open(temporary)
  try {
    await fill(file)
    fs.rename(temporary, path)
  } catch (error) {
    await fs.remove(temporary).catch(() => {})
    throw error
  } finally {
    file.close()
  }
}

/** The content, or undefined when there is no such file or it is damaged. */
export function readChecked(fs: FileSystem, path: string): Buffer | undefined {
  const size = fs.size(path)
  if (size === undefined || size < CRC_SIZE) return undefined
  const bytes = Buffer.allocUnsafe(size)
  const file = fs.open(path)
  try {
    if (file.readSync(bytes, 0) !== size) return undefined
  } finally {
    file.close()
  }
  const content = bytes.subarray(0, size - CRC_SIZE)
  return crc32c(content) === bytes.readUInt32BE(size - CRC_SIZE) ? content : undefined
}
