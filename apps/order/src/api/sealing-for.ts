import { Problem } from '#libs/http'
import { CustomerErased, type CustomerKey, type PersonalData } from '#libs/personal-data'

/** What a customer's data is sealed with. @throws Problem 410 for one whose data was erased, 503 while the vault is away. */
export const sealingFor = async (personal: PersonalData, customerId: string): Promise<CustomerKey> => {
  try {
    return await personal.sealing(customerId)
  } catch (error) {
    if (!(error instanceof CustomerErased)) throw error
    throw new Problem(410, {
      type: 'customer-erased',
      title: 'This customer was erased',
      detail: `the personal data of ${customerId} was erased; nothing more is kept under this id`,
    })
  }
}
