import { type AddressV1, withSplitName } from '#libs/contracts'
import type { Upcasters } from '#libs/decider'

/** Version 2: the recipient's name is split into given and family name. */
export const shipmentVersions: Upcasters<unknown> = {
  BookingRequested: [
    ({ address, ...request }: { address: AddressV1 }) => ({ ...request, address: withSplitName(address) }),
  ],
}
