import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type ReactNode, useEffect, useEffectEvent, useRef } from 'react'

export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ReactNode
  /** As CSS grid has it, e.g. `8rem` or `minmax(10rem, 1fr)`. */
  readonly width: string
  /** Numbers stand at the end of their cell. */
  readonly end?: boolean
}

interface Props<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  /** The key of the row that is looked at: it is marked, and in sight. */
  readonly selected?: string | undefined
  /** Called when the last row comes into sight, e.g. to ask for more of them. */
  readonly onEnd?: (() => void) | undefined
  /** Below this width the table scrolls sideways inside of its own box. */
  readonly leastWidth?: string
  /** At most; a table keeps room for a few rows on the lowest screen. */
  readonly height?: string
}

const ROW_PX = 38
/** Rows that are drawn outside of what is seen. */
const AHEAD = 12
const LOWEST = '12rem'

/** A table of any length: only the rows that can be seen are in the page. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, columns, keyOf, selected, onEnd, leastWidth = '0', height } = props
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
    // The head stands over the first of what is seen.
    scrollPaddingEnd: ROW_PX,
    getItemKey: (index) => keyOf(rows[index]!),
  })
  const seek = useEffectEvent((key: string) => {
    const index = rows.findIndex((row) => keyOf(row) === key)
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
  })
  useEffect(() => {
    if (selected !== undefined) seek(selected)
  }, [selected])
  const drawn = virtual.getVirtualItems()
  const isAtEnd = drawn.at(-1)?.index === rows.length - 1
  const reach = useEffectEvent(() => onEnd?.())
  // biome-ignore lint/correctness/useExhaustiveDependencies: more rows have another end.
  useEffect(() => {
    if (isAtEnd) reach()
  }, [isAtEnd, rows.length])
  const style = {
    '--columns': columns.map(({ width }) => width).join(' '),
    '--least': leastWidth,
    maxHeight: height && `max(${LOWEST}, ${height})`,
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows of a real table cannot be placed one by one.
    <div
      ref={box}
      className="table"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      style={style as CSSProperties}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div className="table-row table-head" role="row" tabIndex={-1} aria-rowindex={1}>
        {columns.map(({ name, end }) => (
          // biome-ignore lint/a11y/useSemanticElements: as above.
          <div key={name} className="table-cell" role="columnheader" tabIndex={-1} data-end={end || undefined}>
            {name}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div className="table-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {drawn.map(({ key, index, start }) => {
          const row = rows[index]!
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above.
            <div
              key={key}
              className="table-row"
              role="row"
              tabIndex={-1}
              aria-rowindex={index + 2}
              data-selected={key === selected || undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              {columns.map(({ name, cell, end }) => (
                // biome-ignore lint/a11y/useSemanticElements: as above.
                <div key={name} className="table-cell" role="cell" data-end={end || undefined} dir="auto">
                  {cell(row)}
                </div>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
