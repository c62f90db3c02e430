import { useEffect, useEffectEvent, useState } from 'react'
import { query } from './request.ts'
import type { StreamMessage } from './types.ts'

/** How long a tab may be hidden before it is told nothing more. Milliseconds. */
const HIDDEN_MS = 5_000

interface Wanted {
  readonly topics?: readonly string[]
  /** The messages of this order only. */
  readonly orderId?: string
}

/**
 * Follows what is published while somebody looks. `onMessages` hears of it, and with an empty list that something was
 * missed and is to be asked for anew. Answers whether the page is connected. A hidden tab costs nothing; when it is
 * looked at again it goes on where it was.
 */
export const useStream = (
  { topics, orderId }: Wanted,
  onMessages: (messages: readonly StreamMessage[]) => void,
): boolean => {
  const [connected, setConnected] = useState(false)
  const tell = useEffectEvent(onMessages)
  const names = topics?.join(',')
  useEffect(() => {
    let source: EventSource | undefined
    let after: string | undefined
    let hiding: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(`/api/stream${query({ topics: names, orderId, after })}`)
      const heard = (event: MessageEvent<string>) => {
        after = event.lastEventId
        if (event.type === 'messages') tell(JSON.parse(event.data) as StreamMessage[])
        if (event.type === 'reset') tell([])
      }
      for (const type of ['begin', 'messages', 'reset']) source.addEventListener(type, heard)
      source.onopen = () => setConnected(true)
      source.onerror = () => {
        setConnected(false)
        // Refused for good: the browser gives up, we come back.
        if (source?.readyState === EventSource.CLOSED && hiding === undefined) hiding = setTimeout(look, HIDDEN_MS)
      }
    }
    const close = () => {
      source?.close()
      source = undefined
    }
    const look = () => {
      clearTimeout(hiding)
      hiding = undefined
      if (document.hidden) hiding = setTimeout(close, HIDDEN_MS)
      else if (source === undefined || source.readyState === EventSource.CLOSED) open()
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      clearTimeout(hiding)
      close()
    }
  }, [names, orderId])
  return connected
}
