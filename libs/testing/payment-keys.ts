import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateKeysFrom, publicKeyFrom, Sealer, Unsealer } from '#libs/sealing'
import { keyFilesIn, preparePaymentKeys } from '../../scripts/key-files.ts'

/** A key pair of its own for the caller, as the services get it, and both ends of it. */
export const paymentKeys = () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-keys-'))
  const files = keyFilesIn(folder)
  preparePaymentKeys(files)
  return {
    settings: { PAYMENT_PRIVATE_KEYS_FILE: files.privateKeys, PAYMENT_PUBLIC_KEY_FILE: files.publicKey },
    /** Of the newest key. */
    get sealer() {
      return new Sealer(publicKeyFrom(readFileSync(files.publicKey, 'utf8')))
    },
    unsealer: new Unsealer(privateKeysFrom(readFileSync(files.privateKeys, 'utf8'))),
    rotate: () => preparePaymentKeys(files, { rotate: true }),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
