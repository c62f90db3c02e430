export { generateKeyPair, type KeyPair, privateKeysFrom, publicKeyFrom } from './keys.ts'
export { isSealed } from './sealed-text.ts'
export { Sealer } from './sealer.ts'
export { UnsealError, Unsealer } from './unsealer.ts'
