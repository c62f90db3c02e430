import type { z } from 'zod'
import type * as schemas from '../../../src/openapi-schemas.ts'

/** What the gateway answers, from the very schemas that its OpenAPI document is made of. */

export type Order = z.infer<typeof schemas.order>
export type OrderSummary = z.infer<typeof schemas.orderSummary>
export type OrderRequest = z.infer<typeof schemas.orderRequest>
export type OrderAccepted = z.infer<typeof schemas.orderAccepted>
export type OrderEvent = z.infer<typeof schemas.event>
export type Saga = z.infer<typeof schemas.saga>
export type SagaSummary = z.infer<typeof schemas.sagaSummary>
export type Product = z.infer<typeof schemas.product>
export type Stock = z.infer<typeof schemas.stock>
export type Health = z.infer<typeof schemas.health>
export type Topics = z.infer<typeof schemas.topics>
export type Groups = z.infer<typeof schemas.groups>
export type Mail = z.infer<typeof schemas.mails>['items'][number]

export interface Page<T> {
  readonly items: readonly T[]
}
export interface CursorPage<T> extends Page<T> {
  readonly nextCursor: string | null
}
export type OrderMessages = z.infer<typeof schemas.orderMessages>
export type OrderMessage = OrderMessages['items'][number]
export type StreamMessage = z.infer<typeof schemas.topicMessage>
export type ProviderOperation = z.infer<typeof schemas.operation>
export type CarrierShipment = z.infer<typeof schemas.shipment>
