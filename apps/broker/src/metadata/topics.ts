import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicRecord } from './metadata-records.ts'
import { collisionKey } from './topic-name.ts'

/** A topic that is ready: all its partitions are open and led by this broker. Never modified, another takes its place. */
export interface Topic extends TopicRecord {
  readonly logs: readonly PartitionLog[]
}

/** Something that has just become true of the topics. */
export type TopicEvent =
  | { readonly type: 'TopicCreated'; readonly topic: Topic }
  /** Partitions from `before` on are new. */
  | { readonly type: 'PartitionsAdded'; readonly topic: Topic; readonly before: number }
  | { readonly type: 'TopicConfigured'; readonly topic: Topic }
  | { readonly type: 'TopicDeleted'; readonly topic: Topic }

/**
 * Must not throw. No topic takes the name of a deleted one before the promises of all listeners have resolved; when one
 * rejects, it hears of the deletion again before anybody may have the name.
 */
export type TopicListener = (event: TopicEvent) => Promise<void> | void

/** The topics that there are, for everybody to read. Only the controller changes them. */
export class Topics {
  private readonly byName = new Map<string, Topic>()
  private readonly byId = new Map<string, Topic>()
  private readonly byCollisionKey = new Map<string, string>()
  private readonly listeners = new Set<TopicListener>()

  all(): Iterable<Topic> {
    return this.byName.values()
  }

  find(name: string): Topic | undefined {
    return this.byName.get(name)
  }

  findById(topicId: string): Topic | undefined {
    return this.byId.get(topicId)
  }

  /** The topic whose name cannot be told from this one. */
  nameLike(name: string): string | undefined {
    return this.byCollisionKey.get(collisionKey(name))
  }

  /** Calls `listener` with everything that happens from now on, in order; returns its removal. */
  subscribe(listener: TopicListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Adds the topic, or puts it in the place of what it was. */
  put(topic: Topic): void {
    this.byName.set(topic.name, topic)
    this.byId.set(topic.topicId, topic)
    this.byCollisionKey.set(collisionKey(topic.name), topic.name)
  }

  remove({ name, topicId }: Topic): void {
    this.byName.delete(name)
    this.byId.delete(topicId)
    this.byCollisionKey.delete(collisionKey(name))
  }

  /** Resolves when all listeners are done with it. */
  async notify(event: TopicEvent): Promise<void> {
    await Promise.all(Array.from(this.listeners, (listener) => listener(event)))
  }
}
