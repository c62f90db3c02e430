import { dirname } from 'node:path'
import { batchBaseOffset, batchLastOffset, batchLeaderEpoch, batchSize, stampBatch } from '#libs/kafka-protocol'
import type { File, FileSystem } from '../disk/file-system.ts'
import { replaceFile } from '../log/atomic-file.ts'
import { findBatch, scanBatches } from '../log/batch-scan.ts'
import { segmentName } from '../log/log-segment.ts'
import { readPartitionCheckpoint, writePartitionCheckpoint } from '../log/partition-checkpoint.ts'
import { keepAside } from './keep-aside.ts'

/** What of a segment can be kept. */
interface Salvage {
  readonly path: string
  /** Whole batches that go on, in this order, with what was there before. */
  readonly batches: readonly { readonly from: number; readonly to: number }[]
  readonly isWhole: boolean
}

/**
 * Leaves every whole batch of a partition, wherever it is: offsets stay, so there are gaps where something was lost.
 * A checkpoint tells the next start of them and has it read the log anew, for what its producers and transactions have
 * become by that. Returns where the originals are kept.
 */
export async function repairLog(fs: FileSystem, directory: string, leaderEpoch: number): Promise<string[]> {
  const checkpoint = readPartitionCheckpoint(fs, directory)
  const repair = new LogRepair(fs, leaderEpoch)
  const kept: string[] = []
  const names = fs.readdir(directory).filter((name) => /^\d{20}\.log$/.test(name))
  for (const name of names.sort()) {
    const salvage = await repair.salvage(`${directory}/${name}`)
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
  ) {}

  async salvage(path: string): Promise<Salvage> {
    const { fs } = this
    const size = fs.size(path) ?? 0
    const file = fs.open(path)
    const batches: { from: number; to: number }[] = []
    let isInOrder = true
    try {
      for (let from: number | undefined = 0; from !== undefined; ) {
        const to = await scanBatches(file, from, size, true, (bytes, at) => {
          if (batchBaseOffset(bytes, at) < this.nextOffset) return false
          this.nextOffset = batchLastOffset(bytes, at) + 1
          isInOrder &&= batchLeaderEpoch(bytes, at) === this.epochOf(bytes, at)
          return true
        })
        if (to > from) batches.push({ from, to })
        from = (await findBatch(file, to, size, this.nextOffset))?.position
      }
    } finally {
      file.close()
    }
    const isWhole = isInOrder && batches.reduce((sum, { from, to }) => sum + to - from, 0) === size
    return { path, batches, isWhole }
  }

  async rewrite({ path, batches }: Salvage): Promise<string> {
    const { fs } = this
    const aside = await keepAside(fs, path)
    const damaged = fs.open(path)
    try {
      await replaceFile(fs, path, (file) => this.copyWhole(damaged, batches, file))
    } finally {
      damaged.close()
    }
    await fs.remove(path.replace(/log$/, 'index'))
    await fs.syncDirectory(dirname(path))
    return aside
  }

  private async copyWhole(damaged: File, batches: Salvage['batches'], file: File): Promise<void> {
    file.truncate(0)
    let position = 0
    for (const { from, to } of batches) {
      await scanBatches(damaged, from, to, false, (bytes, at) => {
        const batch = Buffer.from(bytes.subarray(at, at + batchSize(bytes, at)))
        stampBatch(batch, batchBaseOffset(batch), this.epochOf(batch, 0))
        file.writeSync([batch], position)
        position += batch.length
        return true
      })
    }
    await file.sync()
  }

  /** It is under no checksum, but it never goes back, and never beyond that of the broker. */
  private epochOf(bytes: Buffer, at: number): number {
    const epoch = batchLeaderEpoch(bytes, at)
    if (epoch >= this.epoch && epoch <= this.leaderEpoch) this.epoch = epoch
    return this.epoch
  }
}
