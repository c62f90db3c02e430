import type { HandlersOf } from '#libs/messaging'
import { on } from '#libs/service'
import { returns } from './return-aggregate.ts'
import { shipments } from './shipment-aggregate.ts'

const ofReturn = ({ returnId }: { returnId: string }): string => returnId

/** Message type → decision. */
export const consumers: HandlersOf<'fulfillment-commands'> = {
  'shipment.ship': on(shipments, 'ship'),
  'shipment.cancel': on(shipments, 'cancel'),
  'shipment.track': on(shipments, 'track'),
  'return.issue-label': on(returns, 'issueLabel', ofReturn),
  'return.cancel': on(returns, 'cancel', ofReturn),
  'return.track': on(returns, 'track', ofReturn),
  'return.inspect': on(returns, 'inspect', ofReturn),
}
