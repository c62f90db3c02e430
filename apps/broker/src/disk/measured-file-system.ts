import type { Histogram } from '../metrics/request-metrics.ts'
import type { File } from './file-system.ts'
import { NodeFileSystem } from './node-file-system.ts'

/** The real disk, with a record of how long it takes to make things durable. */
export class MeasuredFileSystem extends NodeFileSystem {
  constructor(private readonly syncs: Histogram) {
    super()
  }

  override open(path: string): File {
    const file = super.open(path)
    const sync = file.sync.bind(file)
    file.sync = async (bytes) => {
      const began = performance.now()
      await sync(bytes)
      this.syncs.observe((performance.now() - began) / 1000)
    }
    return file
  }
}
