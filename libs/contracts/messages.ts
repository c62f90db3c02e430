import type { z } from 'zod'
import { catalogueFacts } from './catalogue.messages.ts'
import { customerKeyFacts } from './customer-key.messages.ts'
import { deadLetters } from './dead-letter.messages.ts'
import type { MessageDefinition } from './definition.ts'
import { inventoryCommands, inventoryFacts, inventoryReplies, inventoryRequests } from './inventory.messages.ts'
import { notificationCommands, notificationFacts } from './notification.messages.ts'
import { orderFacts } from './order.messages.ts'
import { paymentCommands, paymentFacts } from './payment.messages.ts'
import { failureReplies } from './requests.ts'
import { returnCommands, returnFacts } from './return.messages.ts'
import { shipmentCommands, shipmentFacts, shipmentReplies, shipmentRequests } from './shipment.messages.ts'
import { subscriptionFacts } from './subscription.messages.ts'
import type { Topic } from './topics.ts'

/** Every message that travels between services, by type. */
export const messages = {
  ...orderFacts,
  ...paymentFacts,
  ...paymentCommands,
  ...inventoryFacts,
  ...inventoryCommands,
  ...shipmentFacts,
  ...shipmentCommands,
  ...returnFacts,
  ...returnCommands,
  ...notificationFacts,
  ...notificationCommands,
  ...subscriptionFacts,
  ...inventoryRequests,
  ...inventoryReplies,
  ...shipmentRequests,
  ...shipmentReplies,
  ...failureReplies,
  ...deadLetters,
  ...catalogueFacts,
  ...customerKeyFacts,
} as const satisfies Record<string, MessageDefinition>

export type MessageType = keyof typeof messages
export type DataOf<T extends MessageType> = z.infer<(typeof messages)[T]['schema']>

/** The message types that travel on a topic: what a consumer of that topic must be able to handle. */
export type MessageTypeOn<T extends Topic> = {
  [M in MessageType]: (typeof messages)[M]['topic'] extends T ? M : never
}[MessageType]

export const isMessageType = (type: string): type is MessageType => Object.hasOwn(messages, type)

export const messageTypesOn = (topic: Topic): MessageType[] =>
  (Object.keys(messages) as MessageType[]).filter((type) => messages[type].topic === topic)
