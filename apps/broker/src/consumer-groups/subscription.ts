import { RE2JS, RE2JSException } from 're2js'
import type { StoredConsumerMember } from './consumer-records.ts'

/** A topic that exists. */
export interface KnownTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
}

/** The topics that there are, as groups see them. */
export interface KnownTopics {
  find(name: string): KnownTopic | undefined
  findById(topicId: string): KnownTopic | undefined
  all(): Iterable<KnownTopic>
  /** Whether a member may be told that there is this topic; without it, all may. */
  isVisible?(member: Subscriber, name: string): boolean
}

/** Who subscribes, as rules of access know it. */
export interface Subscriber {
  /** `User:alice`; undefined where an earlier version wrote it down. */
  readonly principal?: string | undefined
  readonly clientHost: string
}

type Subscription = Pick<StoredConsumerMember, 'topics' | 'regex'>

/** Longer expressions are refused: matching takes time in proportion to their length. */
export const LONGEST_REGEX = 4096
/** Compiled expressions that are kept. */
const MOST_COMPILED = 1000
const compiled = new Map<string, RE2JS>()

export const isRegex = (regex: string | null): regex is string => regex !== null && regex !== ''

/** What is wrong with the regular expression, or undefined. */
export function regexProblem(regex: string): string | undefined {
  const say = (reason: string) => `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${reason}.`
  if (regex.length > LONGEST_REGEX) return say(`longer than ${LONGEST_REGEX} characters`)
  try {
    compile(regex)
    return undefined
  } catch (error) {
    if (error instanceof RE2JSException) return say(error.message)
    throw error
  }
}

/** The topics that a member with this subscription reads, of those that exist, each once. */
export function subscribedTopics(
  { topics, regex, ...member }: Subscription & Subscriber,
  known: KnownTopics,
): KnownTopic[] {
  const found = new Map<string, KnownTopic>()
  for (const name of topics) {
    const topic = known.find(name)
    if (topic !== undefined) found.set(topic.topicId, topic)
  }
  if (!isRegex(regex)) return [...found.values()]
  const expression = compile(regex)
  for (const topic of known.all()) {
    if (!expression.testExact(topic.name)) continue
    if (known.isVisible?.(member, topic.name) !== false) found.set(topic.topicId, topic)
  }
  return [...found.values()]
}

/** Whether a topic of this name is read, should it exist. */
export function isSubscribedTo({ topics, regex }: Subscription, name: string): boolean {
  return topics.includes(name) || (isRegex(regex) && compile(regex).testExact(name))
}

function compile(regex: string): RE2JS {
  const known = compiled.get(regex)
  if (known !== undefined) return known
  if (compiled.size >= MOST_COMPILED) compiled.clear()
  const made = RE2JS.compile(regex)
  compiled.set(regex, made)
  return made
}
