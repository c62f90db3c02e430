import { useEffect, useEffectEvent, useRef } from 'react'
import { CALM_MS } from './query-client.ts'

/**
 * A function that may be called at any rate, and works at most once a second, the last time at the end. With `againMs`
 * once more so long after that, for what is asked for may be behind what called: a read model is.
 */
export const useCalmly = (work: () => void, againMs?: number): (() => void) => {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const last = useRef(0)
  const run = useEffectEvent(work)
  const call = useRef(() => {})
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined
    const now = () => {
      timer.current = undefined
      last.current = Date.now()
      run()
    }
    call.current = () => {
      clearTimeout(again)
      if (againMs !== undefined) again = setTimeout(now, againMs)
      timer.current ??= setTimeout(now, Math.max(0, last.current + CALM_MS - Date.now()))
    }
    return () => {
      clearTimeout(timer.current)
      timer.current = undefined
      clearTimeout(again)
    }
  }, [againMs])
  return () => call.current()
}
