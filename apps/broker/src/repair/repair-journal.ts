import { dirname } from 'node:path'
import type { FileSystem } from '../disk/file-system.ts'
import { wholeFrames } from '../journal/journal-frames.ts'
import { replaceFile } from '../log/atomic-file.ts'
import { keepAside } from './keep-aside.ts'

/** Leaves every whole frame, wherever it is, and nothing else. Returns where the original is kept. */
export async function repairJournal(fs: FileSystem, path: string): Promise<string> {
  const aside = await keepAside(fs, path)
  const bytes = Buffer.allocUnsafe(fs.size(path) ?? 0)
  const damaged = fs.open(path)
  damaged.readSync(bytes, 0)
  damaged.close()
  await replaceFile(fs, path, async (file) => {
    file.truncate(0)
    await file.write(
      wholeFrames(bytes).map(({ from, to }) => bytes.subarray(from, to)),
      0,
    )
    await file.sync()
  })
  await fs.syncDirectory(dirname(path))
  return aside
}
