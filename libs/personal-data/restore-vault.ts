import { Database } from '#libs/database'
import { destroyKeys, putBack } from './sql/customer-keys.ts'

/** What was said of customers' keys; a key is wrapped, in base64. */
export interface KeysSaid {
  readonly made: readonly { readonly customerId: string; readonly masterKeyId: string; readonly wrapped: string }[]
  readonly erased: Iterable<string>
}

const AT_ONCE = 1_000

/**
 * Has a vault that was restored from an earlier moment follow what was said since: erasures, and keys that it does not have.
 * Nobody may use it meanwhile. Doing it twice changes nothing.
 */
export const restoreVault = async (url: string, { made, erased }: KeysSaid): Promise<{ made: number }> => {
  const database = new Database(url)
  try {
    await destroyKeys(database, [...new Set(erased)])
    let count = 0
    for (let i = 0; i < made.length; i += AT_ONCE) count += await putBack(database, made.slice(i, i + AT_ONCE))
    return { made: count }
  } finally {
    await database.close()
  }
}
