import { batchRecordsCount, batchSize } from '#libs/kafka-protocol'

/** What has gone in and out of one topic since the broker started. */
export interface TopicTraffic {
  bytesIn: number
  recordsIn: number
  bytesOut: number
  recordsOut: number
  refused: number
}

/** Counts what producers bring and consumers take, by topic. */
export class Traffic {
  private readonly topics = new Map<string, TopicTraffic>()

  of(topic: string): TopicTraffic {
    let traffic = this.topics.get(topic)
    if (traffic === undefined) {
      traffic = { bytesIn: 0, recordsIn: 0, bytesOut: 0, recordsOut: 0, refused: 0 }
      this.topics.set(topic, traffic)
    }
    return traffic
  }

  appended(topic: string, bytes: number, records: number): void {
    const traffic = this.of(topic)
    traffic.bytesIn += bytes
    traffic.recordsIn += records
  }

  /** Whole batches. */
  fetched(topic: string, batches: readonly Buffer[]): void {
    const traffic = this.of(topic)
    for (const bytes of batches) {
      traffic.bytesOut += bytes.length
      for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) traffic.recordsOut += batchRecordsCount(bytes, at)
    }
  }

  forget(topic: string): void {
    this.topics.delete(topic)
  }

  entries(): IterableIterator<[topic: string, traffic: TopicTraffic]> {
    return this.topics.entries()
  }
}
