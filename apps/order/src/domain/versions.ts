import { type AddressV1, withSplitName } from '#libs/contracts'
import type { StateVersions, Upcasters } from '#libs/decider'

/** Version 2 of both: the recipient's name is split into given and family name. */
export const orderVersions: Upcasters<unknown> = {
  OrderPlaced: [
    ({ shippingAddress, ...details }: { shippingAddress: AddressV1 }) => ({
      ...details,
      shippingAddress: withSplitName(shippingAddress),
    }),
  ],
}

interface WithName {
  readonly address: AddressV1
}
const withNameSplit = ({ address, ...order }: WithName) => ({ ...order, address: withSplitName(address) })

export const fulfilmentVersions: Upcasters<unknown> = { FulfilmentStarted: [withNameSplit] }

/** Of the state that the saga's row keeps. */
export const fulfilmentStates: StateVersions = {
  version: 2,
  upcast: { 1: ({ order, ...state }: { order: WithName }) => ({ ...state, order: withNameSplit(order) }) },
}
