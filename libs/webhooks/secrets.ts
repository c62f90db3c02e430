import { readFileSync } from 'node:fs'
import { isSecret } from './sign.ts'

/**
 * The secrets of a file, one a line: all of them sign, and each is believed, so that both sides may change over when they
 * like.
 *
 * @throws Error when the file is not there or holds anything else.
 */
export const readSecrets = (file: string): string[] => {
  const secrets = readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)
  if (secrets.length === 0 || !secrets.every(isSecret))
    throw new Error(`${file}: lines of whsec_ and 24 bytes or more in base64 are expected`)
  return secrets
}
