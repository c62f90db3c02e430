import type { File, FileSystem } from '../disk/file-system.ts'
import { decodeFrame, type FoundEntry, FRAME_HEADER, frameGeneration, frameLength } from './redo-frame.ts'
import { REDO_FILES } from './redo-log.ts'

/**
 * After a crash, before any log is opened: writes what the redo log has noted into the files once more, syncs them, and
 * removes the redo log. A crash in the midst of it finds the same to do. Returns to how many files it wrote.
 */
export async function redo(fs: FileSystem, directory: string): Promise<number> {
  const paths = REDO_FILES.map((name) => `${directory}/${name}`).filter((path) => fs.size(path) !== undefined)
  if (paths.length === 0) return 0
  const files = paths.map((path) => fs.open(path))
  try {
    const byPath = standing(files.map((file) => framesOf(file)))
    for (const [path, places] of byPath) await rewrite(fs, `${directory}/${path}`, places)
    for (const path of paths) await fs.remove(path)
    await fs.syncDirectory(directory)
    return byPath.size
  } finally {
    for (const file of files) file.close()
  }
}

/** Removes a redo log of which nothing has to be done again. */
export async function dropRedo(fs: FileSystem, directory: string): Promise<void> {
  const names = REDO_FILES.filter((name) => fs.size(`${directory}/${name}`) !== undefined)
  for (const name of names) await fs.remove(`${directory}/${name}`)
}

/** What is to be written, and where it is noted. */
interface Place {
  readonly position: number
  readonly bytes: Buffer
}

interface Frames {
  readonly generation: number
  readonly entries: readonly FoundEntry[]
}

/** By path, in the order in which they were noted, without those that were declared void since. */
function standing(files: readonly Frames[]): Map<string, Place[]> {
  const byPath = new Map<string, Place[]>()
  for (const { entries } of [...files].sort((a, b) => a.generation - b.generation)) {
    for (const { path, position, bytes } of entries) {
      if (bytes === undefined) {
        for (const known of [...byPath.keys()]) if (known.startsWith(path)) byPath.delete(known)
        continue
      }
      const places = byPath.get(path)
      if (places === undefined) byPath.set(path, [{ position, bytes }])
      else places.push({ position, bytes })
    }
  }
  return byPath
}

/** The frames of the file's last generation, up to the first one that is not whole. */
function framesOf(file: File): Frames {
  const header = Buffer.alloc(FRAME_HEADER)
  const entries: FoundEntry[] = []
  let generation = 0
  for (let at = 0, index = 0; file.readSync(header, at) === FRAME_HEADER; index++) {
    if (index === 0) generation = frameGeneration(header)
    const length = frameLength(header)
    if (length < FRAME_HEADER || length > MAX_FRAME) break
    const frame = Buffer.allocUnsafe(length)
    if (file.readSync(frame, at) < length) break
    const found = decodeFrame(frame, { generation, index })
    if (found === undefined) break
    entries.push(...found)
    at += length
  }
  return { generation, entries }
}

/** More than any frame has: a length that is damaged must not be what is asked of the memory. */
const MAX_FRAME = 32 * 1024 * 1024

/** A file that is gone was removed by retention, or with its partition. */
async function rewrite(fs: FileSystem, path: string, places: readonly Place[]): Promise<void> {
  if (fs.size(path) === undefined) return
  const file = fs.open(path)
  try {
    for (const { position, bytes } of places) file.writeSync([bytes], position)
    await file.sync()
  } finally {
    file.close()
  }
}
