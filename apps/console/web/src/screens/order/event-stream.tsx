import { useQuery } from '@tanstack/react-query'
import type { OrderEvent } from '../../server/types.ts'
import { Empty } from '../../ui/states.tsx'
import { Json, Time } from '../../ui/values.tsx'
import { changes } from './changes.ts'
import { orderQuery } from './queries.ts'

interface Props {
  readonly orderId: string
  readonly events: readonly OrderEvent[]
  readonly asOf: number | undefined
  readonly onTravel: (version: number | undefined) => void
}

/** What the order is made of, and a way back in time: the whole page shows the order as it was then. */
export const EventStream = ({ orderId, events, asOf, onTravel }: Props) => {
  const last = events.at(-1)?.version ?? 0
  if (last === 0) return <Empty title="No events yet" />
  const at = Math.min(asOf ?? last, last)
  return (
    <div>
      <div className="slider">
        <label htmlFor="as-of">
          As of version <output className="num">{at}</output> of {last}
        </label>
        <input
          id="as-of"
          type="range"
          min={1}
          max={last}
          value={at}
          onChange={({ target }) => onTravel(Number(target.value) === last ? undefined : Number(target.value))}
        />
        <button
          type="button"
          className="button"
          data-size="small"
          disabled={asOf === undefined}
          onClick={() => onTravel(undefined)}
        >
          Now
        </button>
      </div>
      <Changed orderId={orderId} version={at} />
      <ol className="events">
        {events.map(({ version, type, at: when, data, metadata }) => (
          <li key={version} data-future={version > at || undefined} data-current={version === at || undefined}>
            <details>
              <summary>
                <span className="num quiet">{version}</span>
                <strong>{type}</strong>
                <span className="quiet">{metadata.actor}</span>
                <Time at={when} as="fine" />
              </summary>
              <Json value={{ data, metadata }} />
            </details>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** What the event of this version changed of the order. */
const Changed = ({ orderId, version }: { orderId: string; version: number }) => {
  const after = useQuery(orderQuery(orderId, version))
  const before = useQuery({ ...orderQuery(orderId, Math.max(1, version - 1)), enabled: version > 1 })
  if (after.data === undefined || (version > 1 && before.data === undefined)) return <p className="changed quiet">…</p>
  if (version === 1) return <p className="changed quiet">The first event: everything is new.</p>
  const names = changes(before.data, after.data).filter((name) => !name.startsWith('timeline') && name !== 'updatedAt')
  if (names.length === 0) return <p className="changed quiet">Nothing that the order shows has changed.</p>
  return (
    <ul className="changed">
      {names.map((name) => (
        <li key={name}>
          <span className="quiet">{name}</span> <del>{valueAt(before.data, name)}</del>{' '}
          <ins>{valueAt(after.data, name)}</ins>
        </li>
      ))}
    </ul>
  )
}

const valueAt = (from: unknown, path: string): string => {
  let value = from
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value === undefined ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}
