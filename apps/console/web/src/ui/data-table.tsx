import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type ReactNode, useRef } from 'react'

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
  readonly isSelected?: (row: Row) => boolean
  /** Below this width the table scrolls sideways inside of its own box. */
  readonly leastWidth?: string
  readonly height?: string
}

const ROW_PX = 38
/** Rows that are drawn outside of what is seen. */
const AHEAD = 12

/** A table of any length: only the rows that can be seen are in the page. */
export function DataTable<Row>({ label, rows, columns, keyOf, isSelected, leastWidth = '0', height }: Props<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
    getItemKey: (index) => keyOf(rows[index]!),
  })
  const style = { '--columns': columns.map(({ width }) => width).join(' '), '--least': leastWidth, maxHeight: height }
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
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]!
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above.
            <div
              key={key}
              className="table-row"
              role="row"
              tabIndex={-1}
              aria-rowindex={index + 2}
              data-selected={isSelected?.(row) || undefined}
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
