import { Consequences, uuidFrom } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Outbox } from '#libs/outbox'

export interface Receipt {
  readonly receiptId: string
  readonly sku: string
  readonly quantity: number
}

/** A receipt is named by what brought it, so that bringing it twice is telling the same thing twice. */
export const receiptIdFor = (origin: string): string => uuidFrom(`receipt ${origin}`)

/** Goods that arrive belong to no order: what follows from them correlates with the receipt itself. */
export const publishReceipt = (uow: UnitOfWork, receipt: Receipt, traceparent?: string): void => {
  const { receiptId: id, sku } = receipt
  const trace = traceparent === undefined ? {} : { traceparent }
  const consequences = new Consequences({ id, correlationId: id, ...trace }, '/waybill/inventory', uow.now)
  uow.part(Outbox).add(consequences.message('stock.received', { subject: sku, key: sku, data: receipt }))
}
