import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { TopicView } from './view.ts'

type Beginning = 'newest' | 'offset' | 'time'

const beginningOf = ({ from, at }: TopicView): Beginning =>
  from !== undefined ? 'offset' : at !== undefined ? 'time' : 'newest'

/** Where to begin to look, and for what. */
export const MessageFilters = ({ view, partitions }: { view: TopicView; partitions: number }) => {
  const navigate = useNavigate()
  const [beginning, setBeginning] = useState(beginningOf(view))
  const search = (form: FormData) => {
    const typed = (name: string) => String(form.get(name) ?? '').trim()
    const time = typed('at')
    const next = {
      topic: view.topic,
      partition: typed('partition'),
      from: typed('from'),
      at: time === '' ? '' : new Date(time).toISOString(),
      key: typed('key'),
      header: typed('header'),
      value: typed('value'),
    }
    const given = Object.entries(next).filter(([, text]) => text !== undefined && text !== '')
    void navigate({ to: '/topics', search: Object.fromEntries(given) as TopicView, resetScroll: false })
  }
  return (
    <search>
      <form className="filters message-filters" action={search}>
        <label className="field">
          Begin at
          <select name="beginning" value={beginning} onChange={({ target }) => setBeginning(target.value as Beginning)}>
            <option value="newest">the newest</option>
            <option value="offset">an offset</option>
            <option value="time">a time</option>
          </select>
        </label>
        <label className="field">
          Partition
          <select name="partition" defaultValue={view.partition ?? ''} required={beginning === 'offset'}>
            <option value="">all</option>
            {Array.from({ length: partitions }, (_, partition) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: that is what partitions are called.
              <option key={partition}>{partition}</option>
            ))}
          </select>
        </label>
        {beginning === 'offset' && (
          <label className="field">
            Offset
            <input name="from" inputMode="numeric" pattern="\d{1,15}" defaultValue={view.from ?? '0'} required />
          </label>
        )}
        {beginning === 'time' && (
          <label className="field">
            Time
            <input
              name="at"
              type="datetime-local"
              step="1"
              defaultValue={localInput(view.at ?? new Date(Date.now() - 3_600_000).toISOString())}
              required
            />
          </label>
        )}
        <Text name="key" label="Key" value={view.key} placeholder="cust-0001" />
        <Text name="header" label="Header" value={view.header} placeholder="ce_type:order.placed" />
        <Text name="value" label="Value holds" value={view.value} placeholder="Storgatan" />
        <button type="submit" className="button">
          Look
        </button>
      </form>
    </search>
  )
}

interface TextProps {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly placeholder: string
}

const Text = ({ name, label, value, placeholder }: TextProps) => (
  <label className="field">
    {label}
    <input
      type="search"
      name={name}
      defaultValue={value}
      placeholder={placeholder}
      maxLength={200}
      spellCheck={false}
      dir="auto"
    />
  </label>
)

/** As an input of date and time has it: in the reader's zone, without naming it. */
const localInput = (at: string): string => {
  const instant = new Date(at)
  return new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
