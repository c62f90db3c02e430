import type { FileSystem } from '../disk/file-system.ts'
import { readChecked, writeAtomically } from './atomic-file.ts'
import { INDEX_ENTRY, type IndexEntry, SegmentIndex } from './segment-index.ts'

/**
 * An index as it is on disk: its entries and, as the last one, a sentinel that says what they cover, which are end offset,
 * size and greatest timestamp of the segment when they were saved.
 */
export interface StoredIndex {
  readonly index: SegmentIndex
  readonly covers: IndexEntry
}

/** Undefined when it is missing or damaged, or covers more than the segment has. */
export function loadIndex(fs: FileSystem, path: string, baseOffset: number, size: number): StoredIndex | undefined {
  const stored = readChecked(fs, path)
  if (stored === undefined || stored.length < INDEX_ENTRY || stored.length % INDEX_ENTRY !== 0) return undefined
  const covers = new SegmentIndex(baseOffset, stored).last
  if (covers.position > size) return undefined
  return { index: new SegmentIndex(baseOffset, stored.subarray(0, stored.length - INDEX_ENTRY)), covers }
}

export function saveIndex(
  fs: FileSystem,
  path: string,
  baseOffset: number,
  { index, covers }: StoredIndex,
): Promise<void> {
  const sentinel = new SegmentIndex(baseOffset)
  sentinel.append(covers)
  return writeAtomically(fs, path, [index.encode(), sentinel.encode()])
}
