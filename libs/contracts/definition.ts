import type { z } from 'zod'
import type { Topic } from './topics.ts'

/**
 * One message type: the topic it travels on and the schema of every version of its data that ever shipped, newest
 * last. `upcast[i]` turns data of version i+1 into version i+2, so old records stay readable for good.
 */
export interface MessageDefinition<Data = unknown> {
  readonly topic: Topic
  readonly schema: z.ZodType<Data>
  /** The version that `schema` describes and that new messages carry; counts from 1. */
  readonly version: number
  readonly upcast: readonly ((data: never) => unknown)[]
}

/** An earlier version of which every value is one of the next. */
export const asItWas = <Data>(data: Data): Data => data

/** Binds a group of message types to the one topic they travel on. */
export const on = <const T extends Topic>(topic: T) => ({
  message: <Data>(schema: z.ZodType<Data>, upcast: readonly ((data: never) => unknown)[] = []) => ({
    topic,
    schema,
    version: upcast.length + 1,
    upcast,
  }),
})
