import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaUsers } from '#libs/contracts'
import { replaceFile, textOf } from '../files.ts'

/** Who makes users and rules, and may do everything (`super.users`); no process of the system is it. */
export const ADMIN = 'admin'

/** Each in a folder of its own, so that no process can be given another's. */
export const passwordFile = (folder: string, user: string): string => join(folder, user, 'password')

/** The one user that a new broker begins with; for `--add-scram-file`. */
export const firstUserFile = (folder: string): string => join(folder, 'broker', 'first-user')

export const readPassword = (folder: string, user: string): string => readFileSync(passwordFile(folder, user), 'utf8')

/** Makes the passwords that are missing; with `rotate` new ones for all but the admin, which hold once they are granted. */
export const preparePasswords = (folder: string, { rotate = false } = {}): void => {
  for (const user of [ADMIN, ...kafkaUsers]) {
    const file = passwordFile(folder, user)
    const isNew = textOf(file) === '' || (rotate && user !== ADMIN)
    if (isNew) replaceFile(file, randomBytes(24).toString('base64url'), 0o600)
  }
  const first = `SCRAM-SHA-512=[name=${ADMIN},password=${readPassword(folder, ADMIN)}]\n`
  if (textOf(firstUserFile(folder)) !== first) replaceFile(firstUserFile(folder), first, 0o600)
}
