import type { z } from 'zod'
import type * as alerts from '../../../src/alerts/alerts.openapi.ts'
import type * as auth from '../../../src/auth/me.openapi.ts'
import type * as campaigns from '../../../src/campaigns.openapi.ts'
import type * as notifications from '../../../src/notifications.openapi.ts'
import type * as schemas from '../../../src/openapi-schemas.ts'
import type * as operators from '../../../src/operators.openapi.ts'
import type * as oracle from '../../../src/oracle/oracle.openapi.ts'
import type * as processes from '../../../src/processes/processes.openapi.ts'
import type * as projections from '../../../src/projections.openapi.ts'
import type * as sagas from '../../../src/sagas.openapi.ts'
import type * as stock from '../../../src/stock.openapi.ts'
import type * as subscriptions from '../../../src/subscriptions.openapi.ts'
import type * as topics from '../../../src/topics.openapi.ts'
import type * as traces from '../../../src/traces/traces.openapi.ts'

/** What the gateway answers, from the very schemas that its OpenAPI document is made of. */

export type Me = z.infer<typeof auth.me>

export type Order = z.infer<typeof schemas.order>
export type OrderSummary = z.infer<typeof schemas.orderSummary>
export type OrderRequest = z.infer<typeof schemas.orderRequest>
export type OrderAccepted = z.infer<typeof schemas.orderAccepted>
export type OrderEvent = z.infer<typeof schemas.event>
export type Saga = z.infer<typeof schemas.saga>
export type SagaSummary = z.infer<typeof schemas.sagaSummary>
export type Product = z.infer<typeof schemas.product>
export type Stock = z.infer<typeof stock.stock>
export type Health = z.infer<typeof schemas.health>
export type Topics = z.infer<typeof schemas.topics>
export type Groups = z.infer<typeof schemas.groups>
export type Mail = z.infer<typeof schemas.mails>['items'][number]

export interface Page<T> {
  readonly items: readonly T[]
}
export interface CursorPage<T> extends Page<T> {
  /** Null or nothing on the last page. */
  readonly nextCursor?: string | null
}
export type OrderMessages = z.infer<typeof schemas.orderMessages>
export type OrderMessage = OrderMessages['items'][number]
export type StreamMessage = z.infer<typeof schemas.topicMessage>
export type ProviderOperation = z.infer<typeof schemas.operation>
export type CarrierShipment = z.infer<typeof schemas.shipment>

export type Notification = z.infer<typeof notifications.notification>
export type NotificationPreview = z.infer<typeof notifications.preview>
export type Campaign = z.infer<typeof campaigns.campaign>
export type CampaignProgress = z.infer<typeof campaigns.campaignProgress>
export type NotificationPreferences = z.infer<typeof notifications.preferencesAnswer>

export type ParkedItem = z.infer<typeof operators.parkedItem>
export type ParkedRecord = z.infer<typeof operators.parkedRecord>
export type ParkedCounts = z.infer<typeof operators.parkedCounts>
export type Operation = z.infer<typeof operators.operation>
export type AuditEntry = z.infer<typeof operators.auditEntry>
export type Verification = z.infer<typeof operators.verification>
export type SagaCounts = z.infer<typeof sagas.counts>
export type Topic = Topics['items'][number]
export type TopicDetails = z.infer<typeof topics.topicDetails>
export type TopicMessages = z.infer<typeof topics.topicMessages>
export type ResetPlan = z.infer<typeof topics.resetPlan>
export type Produced = z.infer<typeof topics.produced>
export type TopicRecord = TopicMessages['items'][number]
export type Group = Groups['items'][number]
export type PaymentSettings = z.infer<typeof schemas.paymentSettings>
export type CarrierSettings = z.infer<typeof schemas.carrierSettings>
export type TextSettings = z.infer<typeof schemas.textSettings>
export type ProductSales = z.infer<typeof projections.productSales>
export type SagaBoard = z.infer<typeof projections.sagaBoard>
export type Projection = z.infer<typeof projections.projection>
export type ProjectionVersion = Projection['versions'][number]
export type Processes = z.infer<typeof processes.processes>
export type SystemProcess = Processes['items'][number]
export type Alerts = z.infer<typeof alerts.alerts>
export type Alert = z.infer<typeof alerts.alert>
export type OracleAnswer = z.infer<typeof oracle.oracle>
export type OracleCheck = z.infer<typeof oracle.oracleCheck>
export type Subscription = z.infer<typeof subscriptions.subscription>
export type Delivery = z.infer<typeof subscriptions.delivery>
export type FilterPreview = z.infer<typeof subscriptions.preview>
export type TraceSummary = z.infer<typeof traces.traceSummary>
export type TraceSpan = z.infer<typeof traces.storedSpan>
export type Trace = z.infer<typeof traces.trace>
