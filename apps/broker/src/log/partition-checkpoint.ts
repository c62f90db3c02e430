import type { FileSystem } from '../disk/file-system.ts'
import { readChecked, writeAtomically } from './atomic-file.ts'
import type { EpochStart } from './leader-epochs.ts'
import type { ProducerStateEntry } from './producer-state.ts'

/**
 * What a restart need not read the log for. Everything below `recoveryPoint` was on the device before this was
 * written, and producers and epochs are exactly as they were when the log ended there.
 */
export interface PartitionCheckpoint {
  readonly logStartOffset: number
  readonly recoveryPoint: number
  readonly epochs: readonly EpochStart[]
  readonly producers: readonly (readonly [number, ProducerStateEntry])[]
  /** How many aborted transactions the file `aborted` holds between the log start and the recovery point. */
  readonly aborted?: number
  readonly cleanedUpTo?: number
  /** Below, compaction may have left gaps between offsets. */
  readonly gapsBelow?: number
}

const path = (directory: string) => `${directory}/checkpoint`

export function readPartitionCheckpoint(fs: FileSystem, directory: string): PartitionCheckpoint | undefined {
  const content = readChecked(fs, path(directory))
  return content === undefined ? undefined : (JSON.parse(content.toString()) as PartitionCheckpoint)
}

/** Whether there is one, sound or not: until the first is written the log has only grown. */
export function hasPartitionCheckpoint(fs: FileSystem, directory: string): boolean {
  return fs.size(path(directory)) !== undefined
}

export function encodePartitionCheckpoint(checkpoint: PartitionCheckpoint): Buffer {
  return Buffer.from(JSON.stringify(checkpoint))
}

export function writePartitionCheckpoint(fs: FileSystem, directory: string, encoded: Buffer): Promise<void> {
  return writeAtomically(fs, path(directory), encoded)
}
