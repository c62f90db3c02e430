import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ArchiveStore } from './archive-store.ts'
import { FolderStore } from './folder-store.ts'

/**
 * The paths of these files on this machine; what is not here is fetched, and removed when `use` is done. (DuckDB can read S3 by
 * itself, with an extension that it would download.)
 */
export const withLocalFiles = async <T>(
  store: ArchiveStore,
  names: readonly string[],
  use: (paths: readonly string[]) => Promise<T>,
): Promise<T> => {
  if (store instanceof FolderStore) return use(names.map((name) => join(store.place, name)))
  const folder = await mkdtemp(join(tmpdir(), 'waybill-archive-'))
  try {
    const paths: string[] = []
    for (const name of names) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, await store.read(name))
      paths.push(path)
    }
    return await use(paths)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
