import type { CSSProperties } from 'react'
import { duration } from '../../format/duration.ts'
import { fineTime, utc } from '../../format/instant.ts'
import { Notice } from '../../ui/states.tsx'
import { type Arrow, type Lane, lanes } from './sequence.ts'

interface Props {
  readonly arrows: readonly Arrow[]
  readonly complete: boolean
  readonly selected: string | undefined
  readonly onSelect: (id: string | undefined) => void
}

/** The sequence diagram: a column for each who takes part, a row for each thing that was said. */
export const Diagram = ({ arrows, complete, selected, onSelect }: Props) => {
  const begin = arrows[0]?.at ?? 0
  return (
    <>
      {!complete && (
        <Notice tone="warn">There is more than could be read at once: some of its messages are missing here.</Notice>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form. */}
      <div className="diagram" role="group" aria-label="Sequence of messages" tabIndex={0}>
        <div className="diagram-head" aria-hidden="true">
          <span />
          <div className="diagram-lanes">
            {lanes.map((lane) => (
              <span key={lane}>{lane}</span>
            ))}
          </div>
          <span className="took">took</span>
        </div>
        <ol className="diagram-rows">
          {arrows.map((arrow) => (
            <Row
              key={arrow.id}
              arrow={arrow}
              begin={begin}
              isSelected={arrow.id === selected}
              onSelect={() => onSelect(arrow.id === selected ? undefined : arrow.id)}
            />
          ))}
        </ol>
      </div>
      <p className="legend quiet">
        <span data-kind="command">command</span>
        <span data-kind="fact">fact</span>
        <span data-kind="call">outside world</span>
        <span>
          took: in the outbox, then on the topic and in its handler. The read model (query) hears every fact; only what
          nobody else acted on is drawn so.
        </span>
      </p>
    </>
  )
}

interface RowProps {
  readonly arrow: Arrow
  readonly begin: number
  readonly isSelected: boolean
  readonly onSelect: () => void
}

const Row = ({ arrow, begin, isSelected, onSelect }: RowProps) => {
  const { at, from, to, label, kind, failed, notes, outboxMs, handledMs, message } = arrow
  const spoken = `${label}, from ${from} to ${to.join(' and ')}${notes.length > 0 ? `, ${notes.join(', ')}` : ''}`
  const content = (
    <>
      <time dateTime={new Date(at).toISOString()} title={`${fineTime(at)} · ${utc(at)}`} className="num">
        +{duration(at - begin)}
      </time>
      <span className="diagram-lanes" aria-hidden="true">
        {to.map((lane, i) => (
          <span
            key={lane}
            className="arrow"
            data-left={indexOf(lane) < indexOf(from) || undefined}
            style={placeOf(from, lane)}
          >
            {i === 0 && <span className="arrow-label">{label}</span>}
          </span>
        ))}
      </span>
      <span className="visually-hidden">{spoken}</span>
      <span className="took num">
        {outboxMs !== undefined && duration(outboxMs)}
        {handledMs !== undefined && ` + ${duration(handledMs)}`}
        {notes.length > 0 && <span className="note">{notes.join('; ')}</span>}
      </span>
    </>
  )
  return (
    <li data-kind={kind} data-failed={failed || undefined} data-odd={notes.length > 0 || undefined}>
      {message ? (
        <button type="button" className="diagram-row" aria-pressed={isSelected} onClick={onSelect}>
          {content}
        </button>
      ) : (
        <div className="diagram-row">{content}</div>
      )}
    </li>
  )
}

const indexOf = (lane: Lane): number => lanes.indexOf(lane)

/** From the middle of one column to the middle of another. */
const placeOf = (from: Lane, to: Lane): CSSProperties => {
  const [a, b] = [indexOf(from), indexOf(to)]
  const share = 100 / lanes.length
  return { left: `${(Math.min(a, b) + 0.5) * share}%`, width: `${Math.abs(a - b) * share}%` }
}
