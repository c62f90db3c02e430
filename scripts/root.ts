import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The repository's own folder, wherever this file runs from: `scripts/` itself or its compiled twin in `dist/`. */
export const ROOT = (() => {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()
