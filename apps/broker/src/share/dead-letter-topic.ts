import type { Settings } from '../config/settings.ts'
import { takesDeadLetters } from '../config/topic-config.ts'
import type { Topic } from '../metadata/topics.ts'

/** Where the dead letters of a group go. */
export type DeadLetterTopic =
  | { readonly topic: Topic }
  /** It is not there yet, and may be created. */
  | { readonly missing: string }
  /** Nowhere. */
  | { readonly problem: string }

/** What a dead letter topic is created with: its records are of the time when they were given up. */
export const DEAD_LETTER_CONFIGS = {
  'errors.deadletterqueue.group.enable': 'true',
  'message.timestamp.type': 'CreateTime',
} as const

/**
 * Whoever has a group may name any topic as its dead letter topic, and so have the broker write there. So a topic must
 * allow it, and its name begin as all of them do.
 */
export function deadLetterTopic(
  name: string,
  find: (name: string) => Topic | undefined,
  settings: Settings,
): DeadLetterTopic {
  if (name === '') return { problem: 'the group has no dead letter topic' }
  if (name.startsWith('__')) return { problem: `dead letter topic ${name} begins with __` }
  const topic = find(name)
  if (topic !== undefined && !takesDeadLetters(topic.configs)) return { problem: `topic ${name} takes no dead letters` }
  if (topic === undefined && !settings['errors.deadletterqueue.auto.create.topics.enable']) {
    return { problem: `dead letter topic ${name} does not exist, and none is created` }
  }
  const prefix = settings['errors.deadletterqueue.topic.name.prefix']
  if (!name.startsWith(prefix))
    return { problem: `the name of dead letter topic ${name} does not begin with ${prefix}` }
  return topic === undefined ? { missing: name } : { topic }
}
