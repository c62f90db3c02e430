import { setImmediate as nextTurn } from 'node:timers/promises'
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

/** The entries of the checkpoint must not change any more, as those of producers never do: others work meanwhile. */
export async function writePartitionCheckpoint(
  fs: FileSystem,
  directory: string,
  checkpoint: PartitionCheckpoint,
): Promise<void> {
  await writeAtomically(fs, path(directory), await encodeCheckpoint(checkpoint))
}

/** Producers are encoded in one go up to this many. */
const SLICE = 500

async function encodeCheckpoint({ producers, ...rest }: PartitionCheckpoint): Promise<Buffer[]> {
  if (producers.length <= SLICE) return [Buffer.from(JSON.stringify({ ...rest, producers }))]
  const pieces = [Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"producers":[`)]
  for (let from = 0; from < producers.length; from += SLICE) {
    const slice = JSON.stringify(producers.slice(from, from + SLICE)).slice(1, -1)
    pieces.push(Buffer.from(from === 0 ? slice : `,${slice}`))
    await nextTurn()
  }
  pieces.push(Buffer.from(']}'))
  return pieces
}
