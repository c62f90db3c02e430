import { dirname } from 'node:path'
import { batchBaseOffset, batchLastOffsetDelta, batchLeaderEpoch, batchSize, stampBatch } from '#libs/kafka-protocol'
import type { File, FileSystem } from '../disk/file-system.ts'
import { replaceFile } from '../log/atomic-file.ts'
import { findBatch, scanBatches } from '../log/batch-scan.ts'
import { readPartitionCheckpoint, writePartitionCheckpoint } from '../log/partition-checkpoint.ts'
import { segmentName } from '../log/segment-name.ts'
import { keepAside } from './keep-aside.ts'

/** What of a segment can be kept. */
interface Salvage {
  readonly path: string
  /** Whole batches that go on, in this order, with what was there before. */
  readonly batches: readonly { readonly from: number; readonly to: number }[]
  /** What those at these positions must have been given, which no checksum covers. */
  readonly stamps: ReadonlyMap<number, Stamp>
  readonly isWhole: boolean
}

interface Stamp {
  readonly offset: number
  readonly epoch: number
}

/**
 * Leaves every whole batch of a partition, wherever it is: offsets stay, so there are gaps where something was lost.
 * A checkpoint tells the next start of them and has it read the log anew, for what its producers and transactions have
 * become by that. Returns where the originals are kept.
 */
export async function repairLog(fs: FileSystem, directory: string, leaderEpoch: number): Promise<string[]> {
  const checkpoint = readPartitionCheckpoint(fs, directory)
  const repair = new LogRepair(fs, leaderEpoch, checkpoint?.gapsBelow ?? 0)
  const kept: string[] = []
  const names = fs.readdir(directory).filter((name) => /^\d{20}\.log$/.test(name))
  const bases = names.map((name) => Number(name.slice(0, 20))).sort((a, b) => a - b)
  for (const [index, base] of bases.entries()) {
    const salvage = await repair.salvage(`${directory}/${segmentName(base)}.log`, base, bases[index + 1] ?? Infinity)
    if (!salvage.isWhole) kept.push(await repair.rewrite(salvage))
  }
  // No offset that was given out is ever given out again.
  const end = Math.max(repair.nextOffset, checkpoint?.recoveryPoint ?? 0)
  // Gaps may be anywhere but in the segment that is written to.
  fs.open(`${directory}/${segmentName(end)}.log`).close()
  await fs.syncDirectory(directory)
  const { logStartOffset = 0, cleanedUpTo = 0 } = checkpoint ?? {}
  const readAnew = { recoveryPoint: 0, epochs: [], producers: [], aborted: 0 }
  await writePartitionCheckpoint(fs, directory, { ...readAnew, logStartOffset, cleanedUpTo, gapsBelow: end })
  return kept
}

class LogRepair {
  nextOffset = 0
  private epoch = 0

  constructor(
    private readonly fs: FileSystem,
    private readonly leaderEpoch: number,
    /** Below, compaction has left gaps between offsets. */
    private readonly gapsBelow: number,
  ) {}

  /** Of the segment that has the offsets from `base` up to `end`. */
  async salvage(path: string, base: number, end: number): Promise<Salvage> {
    const size = this.fs.size(path) ?? 0
    const batches: { from: number; to: number }[] = []
    const stamps = new Map<number, Stamp>()
    const file = this.fs.open(path)
    this.nextOffset = Math.max(this.nextOffset, base)
    try {
      for (let from: number | undefined = 0; from !== undefined; ) {
        const begin: number = from
        const to = await scanBatches(file, begin, size, true, (bytes, at, position) => {
          const isBehindDamage = position === begin && begin > 0
          const stamp = this.stampOf(bytes, at, isBehindDamage, end)
          this.nextOffset = stamp.offset + batchLastOffsetDelta(bytes, at) + 1
          const isRight = stamp.offset === batchBaseOffset(bytes, at) && stamp.epoch === batchLeaderEpoch(bytes, at)
          if (!isRight) stamps.set(position, stamp)
          return true
        })
        if (to > begin) batches.push({ from: begin, to })
        from = (await findBatch(file, to, size, this.nextOffset))?.position
      }
    } finally {
      file.close()
    }
    const isWhole = stamps.size === 0 && batches.reduce((sum, { from, to }) => sum + to - from, 0) === size
    return { path, batches, stamps, isWhole }
  }

  /** Offsets go on without a gap but where compaction or damage has left one; epochs grow, up to that of the broker. */
  private stampOf(bytes: Buffer, at: number, isBehindDamage: boolean, end: number): Stamp {
    const base = batchBaseOffset(bytes, at)
    const mayBeGap = base > this.nextOffset && base < end && (isBehindDamage || base <= this.gapsBelow)
    const epoch = batchLeaderEpoch(bytes, at)
    if (epoch >= this.epoch && epoch <= this.leaderEpoch) this.epoch = epoch
    return { offset: mayBeGap ? base : this.nextOffset, epoch: this.epoch }
  }

  async rewrite({ path, batches, stamps }: Salvage): Promise<string> {
    const { fs } = this
    const aside = await keepAside(fs, path)
    const damaged = fs.open(path)
    try {
      await replaceFile(fs, path, (file) => copyWhole(damaged, { batches, stamps }, file))
    } finally {
      damaged.close()
    }
    await fs.remove(path.replace(/log$/, 'index'))
    await fs.syncDirectory(dirname(path))
    return aside
  }
}

async function copyWhole(damaged: File, { batches, stamps }: Pick<Salvage, 'batches' | 'stamps'>, file: File) {
  file.truncate(0)
  let end = 0
  for (const { from, to } of batches) {
    await scanBatches(damaged, from, to, false, (bytes, at, position) => {
      const batch = Buffer.from(bytes.subarray(at, at + batchSize(bytes, at)))
      const stamp = stamps.get(position)
      if (stamp !== undefined) stampBatch(batch, stamp.offset, stamp.epoch)
      file.writeSync([batch], end)
      end += batch.length
      return true
    })
  }
  await file.sync()
}
