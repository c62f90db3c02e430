import { z } from 'zod'
import { on } from './definition.ts'
import type { MessageType, MessageTypeOn } from './messages.ts'
import type { questionTopics } from './topics.ts'

/** What any question may be replied. */
export const failureReplies = {
  /** Whoever was asked could not say: asking again may help. */
  'request.failed': on('replies').message(z.object({ detail: z.string() })),
}

/** Questions, each with what is replied to it when all is well. */
export const repliesTo = {
  'stock.check': ['stock.checked'],
  'shipment.quote': ['shipment.quoted', 'shipment.not-quoted'],
} as const satisfies Record<RequestTopicTypes, readonly MessageType[]>

type RequestTopicTypes = MessageTypeOn<Exclude<keyof typeof questionTopics, 'replies'>>

export type RequestType = keyof typeof repliesTo
export type ReplyType<T extends RequestType = RequestType> = (typeof repliesTo)[T][number]
