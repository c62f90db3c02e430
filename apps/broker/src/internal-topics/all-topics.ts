import type { Topics } from '../metadata/topics.ts'
import type { InternalTopics } from './internal-topics.ts'
import type { ReadableTopic, ReadableTopics } from './readable-log.ts'

/** Everybody's topics and the internal ones, which hide any of their names that an earlier broker let be created. */
export class AllTopics implements ReadableTopics {
  constructor(
    private readonly internal: InternalTopics,
    private readonly others: Topics,
  ) {}

  *all(): Generator<ReadableTopic> {
    yield* this.internal.all()
    for (const topic of this.others.all()) if (this.internal.find(topic.name) === undefined) yield topic
  }

  find(name: string): ReadableTopic | undefined {
    return this.internal.find(name) ?? this.others.find(name)
  }

  findById(topicId: string): ReadableTopic | undefined {
    return this.internal.findById(topicId) ?? this.others.findById(topicId)
  }
}
