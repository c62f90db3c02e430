import { useEffect, useEffectEvent, useRef } from 'react'
import { CALM_MS } from './query-client.ts'

/** A function that may be called at any rate, and works at most once a second, the last time at the end. */
export const useCalmly = (work: () => void): (() => void) => {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const last = useRef(0)
  const run = useEffectEvent(work)
  const call = useRef(() => {})
  useEffect(() => {
    call.current = () => {
      if (timer.current !== undefined) return
      timer.current = setTimeout(
        () => {
          timer.current = undefined
          last.current = Date.now()
          run()
        },
        Math.max(0, last.current + CALM_MS - Date.now()),
      )
    }
    return () => clearTimeout(timer.current)
  }, [])
  return () => call.current()
}
