import { type AddressV1, asItWas, withSplitName } from '#libs/contracts'
import type { StateVersions, Upcasters } from '#libs/decider'

/** Version 2 of these two: the recipient's name is split into given and family name. Version 3: the address is sealed. */
export const orderVersions: Upcasters<unknown> = {
  OrderPlaced: [
    ({ shippingAddress, ...details }: { shippingAddress: AddressV1 }) => ({
      ...details,
      shippingAddress: withSplitName(shippingAddress),
    }),
    asItWas,
  ],
}

interface WithName {
  readonly address: AddressV1
}
const withNameSplit = ({ address, ...order }: WithName) => ({ ...order, address: withSplitName(address) })

export const fulfilmentVersions: Upcasters<unknown> = { FulfilmentStarted: [withNameSplit, asItWas] }

/** Of the state that the saga's row keeps. */
export const fulfilmentStates: StateVersions = {
  version: 3,
  upcast: { 1: ({ order, ...state }: { order: WithName }) => ({ ...state, order: withNameSplit(order) }), 2: asItWas },
}

/** Version 2: the address is sealed. */
export const returnVersions: Upcasters<unknown> = { ReturnStarted: [asItWas] }
export const returnStates: StateVersions = { version: 2, upcast: { 1: asItWas } }
