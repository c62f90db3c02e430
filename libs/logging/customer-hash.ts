import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** Without a key of its own a process draws one: then a customer is the same within its own log only. */
let key: KeyObject = createSecretKey(randomBytes(32))
/** Of the same few customers again and again. */
const hashes = new Map<string, string>()
const MOST_KEPT = 1_000

export const hashCustomersWith = (secret: KeyObject): void => {
  key = createSecretKey(createHmac('sha256', secret).update('customers in logs').digest())
  hashes.clear()
}

/** A customer in a log: the same one is found again, by who has the key also from the id, by nobody else. */
export const customerHash = (customerId: string): string => {
  let hash = hashes.get(customerId)
  if (hash === undefined) {
    hash = createHmac('sha256', key).update(customerId).digest('base64url').slice(0, 12)
    if (hashes.size >= MOST_KEPT) hashes.clear()
    hashes.set(customerId, hash)
  }
  return hash
}
