import { CustomerErased, type CustomerKey, isSealed, type PersonalData } from '#libs/personal-data'

/** What notifications need of personal data: to seal what is kept of a customer, and to open it where it is sent. */
export type Sealing = Pick<PersonalData, 'open' | 'reveal'> & {
  sealing(customerId: string): Promise<Pick<CustomerKey, 'seal'>>
}

/** The customer's key, or undefined when everything of the customer was erased. */
export const keyOf = async (personal: Sealing, customerId: string): Promise<Pick<CustomerKey, 'seal'> | undefined> => {
  try {
    return await personal.sealing(customerId)
  } catch (error) {
    if (error instanceof CustomerErased) return undefined
    throw error
  }
}

/** What the customer's preferences hold is sealed already, but what an earlier version wrote. */
export const sealedOnce = (key: Pick<CustomerKey, 'seal'>, text: string): string =>
  isSealed(text) ? text : key.seal(text)

/** What providers say of a failure may name whom they were to reach, and is kept. */
export const withoutAddress = (error: unknown, to: string): unknown => {
  if (!(error instanceof Error) || to === '' || !`${error.message}${error.stack}`.includes(to)) return error
  const said = error.message.replaceAll(to, 'the address')
  return Object.assign(new Error(said), { name: error.name, stack: `${error.name}: ${said}` })
}
