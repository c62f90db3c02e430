import { useEffect, useState } from 'react'
import { type LiveFrame, type LiveView, newestIn, nothing, withDelay, withFrame } from './live-view.ts'

const COME_BACK_MS = 2_000

/** Follows the results while the page is looked at. How late it is, is measured when what came has been drawn. */
export const useLive = (): { readonly view: LiveView; readonly connected: boolean } => {
  const [view, setView] = useState(nothing)
  const [connected, setConnected] = useState(false)
  useEffect(() => {
    let source: EventSource | undefined
    let again: ReturnType<typeof setTimeout> | undefined
    let isFirst = true
    const heard = ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as LiveFrame
      setView((before) => withFrame(before, frame))
      const newest = newestIn(frame)
      // The first one tells what was there before anybody looked.
      if (newest !== undefined && !isFirst)
        requestAnimationFrame(() => setView((before) => withDelay(before, Date.now() - newest)))
      isFirst = false
    }
    const look = () => {
      clearTimeout(again)
      if (document.hidden) {
        source?.close()
        source = undefined
      } else if (source === undefined || source.readyState === EventSource.CLOSED) {
        isFirst = true
        source = new EventSource('/api/analytics/live')
        source.addEventListener('results', heard)
        source.onopen = () => setConnected(true)
        source.onerror = () => {
          setConnected(false)
          isFirst = true
          if (source?.readyState === EventSource.CLOSED) again = setTimeout(look, COME_BACK_MS)
        }
      }
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      clearTimeout(again)
      source?.close()
    }
  }, [])
  return { view, connected }
}
