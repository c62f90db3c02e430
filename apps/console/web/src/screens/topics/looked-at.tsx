import type { TopicMessages } from '../../server/types.ts'

interface Props {
  readonly pages: readonly TopicMessages[]
  readonly isLooking: boolean
  /** Undefined when there is nothing further, or enough. */
  readonly further: (() => void) | undefined
}

/** How far was looked for what is shown, and the way further. */
export const LookedAt = ({ pages, isLooking, further }: Props) => {
  const records = pages.reduce((sum, { looked }) => sum + looked.records, 0)
  const found = pages.reduce((sum, { items }) => sum + items.length, 0)
  const last = pages.at(-1)!
  const towards = last.direction === 'backward' ? 'the first' : 'the newest'
  return (
    <div className="looked">
      <details>
        <summary>
          <span className="num">{found.toLocaleString()}</span> found among{' '}
          <span className="num">{records.toLocaleString()}</span> records
          {last.complete ? `, which is all up to ${towards}` : ', and there are more'}
        </summary>
        <ul className="plain quiet">
          {offsets(pages).map(({ partition, from, to }) => (
            <li key={partition} className="num">
              partition {partition}: {from === to ? 'nothing' : `offsets ${from} to ${to - 1}`}
            </li>
          ))}
        </ul>
      </details>
      {further !== undefined && (
        <button type="button" className="button" data-size="small" disabled={isLooking} onClick={further}>
          {isLooking ? 'Looking …' : 'Look further'}
        </button>
      )}
    </div>
  )
}

/** Of all pages together: they follow one another. */
const offsets = (pages: readonly TopicMessages[]) => {
  const parts = Map.groupBy(
    pages.flatMap(({ looked }) => looked.partitions),
    ({ partition }) => partition,
  )
  return Array.from(parts, ([partition, each]) => ({
    partition,
    from: Math.min(...each.map(({ from }) => from)),
    to: Math.max(...each.map(({ to }) => to)),
  }))
}
