import { Consequences, uuidFrom } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Outbox } from '#libs/outbox'
import { Warehouse } from './warehouse.ts'

export interface Receipt {
  readonly receiptId: string
  readonly sku: string
  readonly quantity: number
}

/** A receipt is named by what brought it, so that bringing it twice is telling the same thing twice. */
export const receiptIdFor = (origin: string): string => uuidFrom(`receipt ${origin}`)

/** Puts goods on the shelf and says so. */
export const receive = async (uow: UnitOfWork, receipts: readonly Receipt[], traceparent?: string): Promise<void> => {
  await uow
    .part(Warehouse)
    .move(receipts.map(({ receiptId, sku, quantity }) => ({ sku, movement: { kind: 'receipt', quantity, receiptId } })))
  for (const receipt of receipts) publish(uow, receipt, traceparent)
}

/** Goods that arrive belong to no order: what follows from them correlates with the receipt itself. */
const publish = (uow: UnitOfWork, receipt: Receipt, traceparent: string | undefined): void => {
  const { receiptId: id, sku } = receipt
  const trace = traceparent === undefined ? {} : { traceparent }
  const consequences = new Consequences({ id, correlationId: id, ...trace }, '/waybill/inventory', uow.now)
  uow.part(Outbox).add(consequences.message('stock.received', { subject: sku, key: sku, data: receipt }))
}
