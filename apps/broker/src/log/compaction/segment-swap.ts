import type { FileSystem } from '../../disk/file-system.ts'
import { segmentName } from '../segment-name.ts'

/**
 * How several segments become one so that a crash leaves the old ones or the new one:
 *
 *   1. the new one is written to `BASE.cleaned` and synced        a restart removes it
 *   2. it is renamed to `BASE-END.swap`, the directory is synced  from here on a restart goes on with step 3
 *   3. the segments in [BASE, END) are removed, the directory is synced
 *   4. it is renamed to `BASE.log`
 */
export const cleanedName = (base: number): string => `${segmentName(base)}.cleaned`

export const swapName = (base: number, end: number): string => `${segmentName(base)}-${segmentName(end)}.swap`

/** Does what a crash left undone; for a directory whose log is not open yet. */
export async function finishSwaps(fs: FileSystem, directory: string): Promise<void> {
  const names = fs.readdir(directory)
  const left = names.filter((name) => name.endsWith('.cleaned') || name.endsWith('.swap'))
  if (left.length === 0) return
  for (const name of left) {
    const [, base, end] = /^(\d{20})-(\d{20})\.swap$/.exec(name) ?? []
    if (base === undefined || end === undefined) {
      await fs.remove(`${directory}/${name}`)
      continue
    }
    for (const other of names) {
      // Names sort by offset.
      const isReplaced = /^\d{20}\.(log|index)$/.test(other) && other.slice(0, 20) >= base && other.slice(0, 20) < end
      if (isReplaced) await fs.remove(`${directory}/${other}`)
    }
    await fs.syncDirectory(directory)
    fs.rename(`${directory}/${name}`, `${directory}/${base}.log`)
  }
  await fs.syncDirectory(directory)
}
