import { useState } from 'react'
import { age } from '../format/duration.ts'
import { fineTime, localDateTime, shortInstant, utc } from '../format/instant.ts'
import { Icon } from './icon.tsx'
import { useNow } from './use-now.ts'

type As = 'short' | 'full' | 'fine' | 'age'

/** An instant in the reader's zone; pointing at it shows UTC. */
export const Time = ({ at, as = 'short' }: { at: string; as?: As }) => {
  const now = useNow()
  const said = {
    short: () => shortInstant(at, now),
    full: () => localDateTime(at),
    fine: () => fineTime(at),
    age: () => age(at, now),
  }
  return (
    <time dateTime={at} title={utc(at)} className="num">
      {said[as]()}
    </time>
  )
}

/** An id, cut where there is no room, and copied whole. */
export const Id = ({ value, what = 'id' }: { value: string; what?: string }) => (
  <span className="id">
    <span title={value}>{value}</span>
    <Copy text={value} what={what} />
  </span>
)

export const Copy = ({ text, what }: { text: string; what: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard?.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <button
      type="button"
      className="copy"
      onClick={() => void copy()}
      aria-label={copied ? `${what} copied` : `Copy ${what}`}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  )
}

/** Any value as the text that it is: never as markup. */
export const Json = ({ value }: { value: unknown }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
  <pre className="code" tabIndex={0} dir="auto">
    {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
  </pre>
)
