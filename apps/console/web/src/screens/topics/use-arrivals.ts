import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useStream } from '../../server/stream.ts'
import type { TopicRecord } from '../../server/types.ts'
import { useCalmly } from '../../server/use-calmly.ts'
import { askMessages } from './queries.ts'
import type { MessageFilter } from './view.ts'

/** What is kept of what came in; the oldest go. */
const MOST_KEPT = 500

interface Arrivals {
  /** The newest first. */
  readonly records: readonly TopicRecord[]
  readonly connected: boolean
}

/**
 * What is published behind a cursor and is meant, as it happens: the stream says that something came, and it is then
 * looked through like everything else, at most once a second.
 */
export const useArrivals = (topic: string, filter: MessageFilter, liveCursor: string): Arrivals => {
  const [records, setRecords] = useState<readonly TopicRecord[]>([])
  const cursor = useRef(liveCursor)
  const isLooking = useRef(false)
  const look = useEffectEvent(async () => {
    if (isLooking.current) return again()
    isLooking.current = true
    try {
      for (;;) {
        const { items, nextCursor, complete } = await askMessages(topic, filter, cursor.current)
        cursor.current = nextCursor ?? cursor.current
        if (items.length > 0) setRecords((known) => [...items.toReversed(), ...known].slice(0, MOST_KEPT))
        if (complete) break
      }
    } catch {
      // Asked again with the next thing that is published; the cursor stands where it stood.
    } finally {
      isLooking.current = false
    }
  })
  const again = useCalmly(() => void look())
  const connected = useStream({ topics: [topic] }, again)
  // What came between the page and the stream.
  useEffect(() => {
    if (connected) void look()
  }, [connected])
  return { records, connected }
}
