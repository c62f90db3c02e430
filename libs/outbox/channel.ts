/** The NOTIFY channel of the outbox. Payload '' = there are new rows, 'members' = relays came, went or gave up slots. */
export const CHANNEL = 'waybill_outbox'
export const MEMBERS_CHANGED = 'members'
