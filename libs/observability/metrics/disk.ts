import { statfs } from 'node:fs/promises'
import { gauge } from './registry.ts'
import { metrics } from './table.ts'

const folders = new Map<string, string>()

/** Tells from now on how full the disk under this folder is, as `df` counts it. */
export const measureDisk = (volume: string, folder: string): void => {
  folders.set(volume, folder)
  gauge(metrics.system.diskUsed, async (used) => {
    for (const [volume, folder] of folders) {
      const { blocks, bfree, bavail } = await statfs(folder)
      const taken = blocks - bfree
      used.set({ volume }, taken + bavail === 0 ? 0 : taken / (taken + bavail))
    }
  })
}
