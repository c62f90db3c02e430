import { type AddressV1, asItWas, withSplitName } from '#libs/contracts'
import type { Upcasters } from '#libs/decider'

/** Version 2: the recipient's name is split into given and family name. Version 3: the address is sealed. */
export const shipmentVersions: Upcasters<unknown> = {
  BookingRequested: [
    ({ address, ...request }: { address: AddressV1 }) => ({ ...request, address: withSplitName(address) }),
    asItWas,
  ],
}

/** Version 2 of both: the address is sealed. */
export const returnVersions: Upcasters<unknown> = { LabelRequested: [asItWas] }
export const readinessVersions: Upcasters<unknown> = { AddressHeard: [asItWas] }
