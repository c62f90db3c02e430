import { isClosed, startOf } from '#libs/streams'
import { emptyPane, loadPane, mergePane, type PaneResult, type StoredPane, sizeOf } from '../domain/pane.ts'
import { type EventRecord, ShopTask } from '../domain/shop-task.ts'
import { topology } from '../domain/topology.ts'
import { KEPT_MS } from '../sink/kept.ts'
import { steps, type WindowChange } from '../sink/rollup.ts'
import type { PaneKey } from '../sql/panes.ts'

/** A second of one partition that events may still come for. */
export interface OpenPane extends PaneKey {
  readonly pane: StoredPane
}

interface Lane {
  readonly task: ShopTask
  next: number
  readonly open: Map<number, StoredPane>
}

const { windows, grace } = topology

/**
 * The topology once more, over all partitions in one process: the same tasks on the same records in the same order, so
 * what they say is the same. A second counts when it is closed, and then for good; what that adds to the windows is
 * given away, and what is left at the end are the seconds that are open.
 */
export class Recomputation {
  readonly #lanes = new Map<number, Lane>()
  #windows = new Map<string, WindowChange>()

  /** Windows that begin before `since` are not asked for; those that are not kept any more `now` are nobody's. */
  constructor(
    private readonly since: number,
    private readonly now: number,
  ) {}

  /** Entries of state, which are held while it goes on. */
  get entries(): number {
    let entries = 0
    for (const { task } of this.#lanes.values()) entries += task.entries
    return entries
  }

  /** What the changes that are to be taken hold. */
  get size(): number {
    let size = 0
    for (const { more } of this.#windows.values()) size += sizeOf(more)
    return size
  }

  /** Where each partition goes on. */
  get positions(): ReadonlyMap<number, number> {
    return new Map(Array.from(this.#lanes, ([partition, { next }]) => [partition, next]))
  }

  begin(partition: number, first: number): void {
    this.#lanes.set(partition, { task: new ShopTask(partition), next: first, open: new Map() })
  }

  process(partition: number, records: readonly EventRecord[]): void {
    const { task } = this.#lanes.get(partition)!
    for (const record of records) task.process(record)
  }

  /** Everything before `next` was processed. */
  settle(partition: number, next: number): void {
    const lane = this.#lanes.get(partition)!
    lane.next = Math.max(lane.next, next)
    let watermark = Number.NEGATIVE_INFINITY
    for (const { value } of lane.task.flush().results) {
      if (value === null) continue
      const result = JSON.parse(value) as PaneResult
      // Visits are told when they are over, and not corrected.
      if (result.kind === 'visits') this.#add(result.start, result.pane)
      else lane.open.set(result.start, result.pane)
      watermark = result.watermark ?? watermark
    }
    for (const [start, pane] of lane.open) {
      if (!isClosed(start + windows.size, grace, watermark)) continue
      lane.open.delete(start)
      this.#add(start, pane)
    }
  }

  /** What there is more since it was last asked. */
  takeChanges(): WindowChange[] {
    const changes = [...this.#windows.values()].sort((a, b) => a.step - b.step || a.start - b.start)
    this.#windows = new Map()
    return changes
  }

  /** The end: the open seconds count as they are, to be corrected by what the running topology says next. */
  close(): readonly OpenPane[] {
    const panes = [...this.#lanes].flatMap(([partition, { open }]) =>
      Array.from(open, ([start, pane]) => ({ partition, start, kind: 'events' as const, pane })),
    )
    for (const { start, pane } of panes) this.#add(start, pane)
    return panes.filter(({ start }) => start >= this.since)
  }

  #add(second: number, stored: StoredPane): void {
    const pane = loadPane(stored)
    for (const step of steps) {
      const start = startOf(second, step)
      if (start < this.since || start + step + KEPT_MS.get(step)! <= this.now) continue
      const name = `${step}/${start}`
      const window = this.#windows.get(name) ?? { step, start, more: emptyPane() }
      this.#windows.set(name, window)
      mergePane(window.more, pane)
    }
  }
}
