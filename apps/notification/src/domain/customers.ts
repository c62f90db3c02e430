/** How a customer can be reached. */
export interface Customer {
  readonly customerId: string
  readonly name: string
  readonly email: string
}

/** Customers by id. One that is not on file is written to at an address made from the id. */
export class Customers {
  readonly #byId: ReadonlyMap<string, Customer>

  constructor(customers: readonly Customer[]) {
    this.#byId = new Map(customers.map((customer) => [customer.customerId, customer]))
  }

  nameOf(customerId: string): string | undefined {
    return this.#byId.get(customerId)?.name
  }

  emailOf(customerId: string): string {
    return this.#byId.get(customerId)?.email ?? `${customerId}@customers.example`
  }
}
