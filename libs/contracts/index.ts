export { type Cause, Consequences, causeOf } from './consequences.ts'
export { asItWas, type MessageDefinition } from './definition.ts'
export { type EventFilter, eventFilter, means, meansData, meansType } from './event-filter.ts'
export { consequenceId, uuidFrom } from './ids.ts'
export { type AnyMessage, type Message, topicOf } from './message.ts'
export {
  type DataOf,
  isMessageType,
  type MessageType,
  type MessageTypeOn,
  messages,
  messageTypesOn,
} from './messages.ts'
export { type NotificationDelivery, type NotificationKind, notificationKind } from './notification.messages.ts'
export { type ReplyType, type RequestType, repliesTo } from './requests.ts'
export { readShopEvent, type UnreadableEvent, writeShopEvent } from './shop-event-wire.ts'
export {
  basketValue,
  type CheckoutLine,
  type Device,
  device,
  EARLIEST_SHOP_EVENT,
  LATEST_SHOP_EVENT,
  SHOP_EVENT_VERSION,
  type ShopEvent,
  type ShopEventOf,
  type ShopEventType,
  shopEvent,
} from './shop-events.ts'
export { type StreamTopic, streamTopics } from './stream-topics.ts'
export { type SwitchedOffBecause, switchedOffBecause } from './subscription.messages.ts'
export {
  type AnyTopic,
  accessOf,
  type KafkaUser,
  kafkaUsers,
  SUBSCRIBER_QUEUES,
  type TopicAccess,
  topicAccess,
  topicsKeptBy,
  usedTopics,
} from './topic-access.ts'
export { questionTopics, type Topic, type TopicSettings, topicNames, topics } from './topics.ts'
export { causeWithin, isSampled, isTraceparent, spanWithin } from './trace.ts'
export {
  type Address,
  type AddressV1,
  address,
  addressRequest,
  type Coordination,
  coordination,
  customerId,
  type Failure,
  type Money,
  money,
  type OrderEndReason,
  type OrderLine,
  type OrderStatus,
  orderEndReason,
  orderId,
  orderLine,
  orderStatus,
  type PersonalAddress,
  personalAddress,
  quantity,
  type ReturnStatus,
  returnId,
  returnStatus,
  type Shipping,
  type StockLine,
  shipping,
  sku,
  stockLine,
  terminalStatuses,
  withSplitName,
} from './values.ts'
export {
  type Decoded,
  decode,
  encode,
  isChoreographed,
  type ReceivedRecord,
  type UnreadableReason,
  type WireRecord,
} from './wire.ts'
