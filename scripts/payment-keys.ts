import { preparePaymentKeys } from './key-files.ts'

/** Makes the keys that payment tokens are sealed with, where they are missing, or a new pair in front of the old ones. */
const [privateKeys, publicKey, option] = process.argv.slice(2)
if (privateKeys === undefined || publicKey === undefined || (option ?? '--rotate') !== '--rotate') {
  console.error('payment-keys PRIVATE PUBLIC [--rotate]: the files for the private keys and for the public one')
  process.exit(1)
}
preparePaymentKeys({ privateKeys, publicKey }, { rotate: option !== undefined })
