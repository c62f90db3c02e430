import { isMessageType, type MessageType, messageTypesOn, type Topic, topicOf } from '#libs/contracts'
import type { AnyHandler, HandlersOf, HandlerTable, ignore } from './handlers.ts'

/**
 * The handlers as the transport looks them up, and the topics that they are for. Throws, naming it, when a type of one
 * of these topics is missing: a service that would park or drop messages must not start.
 */
export const handlerTable = (
  handlers: Partial<HandlersOf<Topic>>,
): { readonly table: HandlerTable; readonly topics: readonly Topic[] } => {
  const entries = Object.entries(handlers) as [MessageType, AnyHandler | typeof ignore][]
  const table = new Map(entries)
  const unknown = entries.filter(([type]) => !isMessageType(type)).map(([type]) => `${type} is no message type`)
  const topics = [...new Set(entries.flatMap(([type]) => (isMessageType(type) ? topicOf(type) : [])))]
  const missing = topics.flatMap((topic) => messageTypesOn(topic)).filter((type) => !table.has(type))
  const problems = [...unknown, ...missing.map((type) => `${type} has no handler`)]
  if (problems.length > 0) throw new Error(`cannot consume: ${problems.join('; ')}`)
  return { table, topics }
}
