import { type CustomerKey, customerOf, isSealed, SEALED_TEXTS } from './sealed-text.ts'

/** What stands where personal data was. */
export const ERASED = 'erased'

/** What stands where a whole object was sealed, an address. */
const ERASED_OBJECT = { givenName: ERASED, line1: ERASED, city: ERASED, postalCode: ERASED }

type Keys = (customerId: string) => Promise<CustomerKey | undefined>

/** Customers whose sealed texts are in a text, be it JSON. */
const customersIn = (text: string): Set<string> => new Set(Array.from(text.matchAll(SEALED_TEXTS), ([, id]) => id!))

/** A JSON text with every sealed part of it opened, or `erased`; the same text when there is none. */
export const revealJson = async (text: string, keys: Keys): Promise<string> => {
  const customers = customersIn(text)
  if (customers.size === 0) return text
  const known = await keysOf(customers, keys)
  return JSON.stringify(revealed(JSON.parse(text), known))
}

/** A JSON value, likewise. */
export const reveal = async (value: unknown, keys: Keys): Promise<unknown> => {
  const customers = customersIn(JSON.stringify(value) ?? '')
  return customers.size === 0 ? value : revealed(value, await keysOf(customers, keys))
}

/** That a key cannot be asked for is no erasure: it rejects. */
const keysOf = async (customers: ReadonlySet<string>, keys: Keys): Promise<Known> =>
  new Map(await Promise.all([...customers].map(async (id) => [id, await keys(id)] as const)))

type Known = ReadonlyMap<string, CustomerKey | undefined>

const revealed = (value: unknown, known: Known): unknown => {
  if (typeof value === 'string') return value.includes('personal.v1.') ? revealedText(value, known) : value
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((one) => revealed(one, known))
  const { sealed, ...rest } = value as Record<string, unknown>
  if (typeof sealed === 'string' && isSealed(sealed)) {
    const opened = open(sealed, known)
    return opened === undefined ? { ...ERASED_OBJECT, ...rest } : { ...(JSON.parse(opened) as object), ...rest }
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revealed(one, known)]))
}

/** One sealed text, JSON in a text, or a text in which there is one. */
const revealedText = (text: string, known: Known): string => {
  if (text.startsWith('{') || text.startsWith('[')) {
    try {
      return JSON.stringify(revealed(JSON.parse(text), known))
    } catch {
      // Then it only looked like JSON.
    }
  }
  return text.replaceAll(SEALED_TEXTS, (sealed) => open(sealed, known) ?? ERASED)
}

/** Undefined also for what none of ours sealed: whoever looks at a topic sees the rest of it all the same. */
const open = (sealed: string, known: Known): string | undefined => {
  try {
    return known.get(customerOf(sealed) ?? '')?.open(sealed)
  } catch {
    return undefined
  }
}
