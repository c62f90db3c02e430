import { z } from 'zod'
import { on } from './definition.ts'
import { customerId, orderId, sku, stockLine } from './values.ts'

const fact = on('inventory')
const command = on('inventory-commands')
const request = on('inventory-requests')
const reply = on('replies')
const reservation = z.object({ orderId, customerId })
const lines = z.array(stockLine).min(1)

export const inventoryFacts = {
  'stock.reserved': fact.message(reservation.extend({ lines })),
  /** Not one line was reserved: an order gets all of its lines or none. */
  'stock.rejected': fact.message(
    reservation.extend({ shortages: z.array(stockLine.extend({ available: z.int().nonnegative() })) }),
  ),
  /** `lines` is empty when there was no reservation to undo. */
  'stock.released': fact.message(reservation.extend({ lines: z.array(stockLine) })),
  'stock.dispatched': fact.message(reservation.extend({ lines })),
  'stock.received': fact.message(z.object({ receiptId: z.string(), sku, quantity: z.int().min(1) })),
}

export const inventoryCommands = {
  'stock.reserve': command.message(reservation.extend({ lines })),
  'stock.release': command.message(reservation),
  /** The goods left the warehouse: the reservation turns into a smaller stock on hand. */
  'stock.dispatch': command.message(reservation),
}

export const inventoryRequests = {
  /** How many pieces could be had right now; none are kept for whoever asks. */
  'stock.check': request.message(z.object({ lines })),
}

export const inventoryReplies = {
  /** None are available of a product that is not known. */
  'stock.checked': reply.message(z.object({ lines: z.array(stockLine.extend({ available: z.int().nonnegative() })) })),
}
