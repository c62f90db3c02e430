import type { CustomerKey } from './sealed-text.ts'

/** An object of which only some fields can be read. */
export type SealedObject<Open extends object = object> = { readonly sealed: string } & Open

/** Seals an object but for the fields named, which nobody is known by; the same object gives the same. */
export const sealObject = <T extends object, Open extends keyof T>(
  key: CustomerKey,
  value: T,
  ...open: readonly Open[]
): SealedObject<Pick<T, Open>> => {
  const secret = Object.fromEntries(Object.entries(value).filter(([name]) => !open.includes(name as Open)))
  const rest = Object.fromEntries(open.map((name) => [name, value[name]])) as Pick<T, Open>
  return { sealed: key.seal(JSON.stringify(secret)), ...rest }
}
