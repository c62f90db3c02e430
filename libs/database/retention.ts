/** For how long rows of a table are kept. One declaration per table that grows, in the library whose table it is. */
export interface Retention {
  readonly table: string
  /** A timestamptz column, first of an index: rows are removed in its order. */
  readonly column: string
  /** For so long after the moment in `column`, milliseconds, unless the setting says otherwise. */
  readonly keptMs: number
  /** The environment variable, in hours; undefined when the column itself is the moment at which a row expires. */
  readonly setting?: string
  /** Shorter is not safe: what the rows protect against could still happen. Milliseconds. */
  readonly leastMs?: number
}

const HOUR_MS = 3_600_000

/** Of the environment: hours by setting. */
export type RetentionHours = Readonly<Record<string, number | undefined>>

/** The declaration with what was set in its place, and whether that is less than is safe. */
export const retentionAsSet = (
  retention: Retention,
  hours: RetentionHours,
): Retention & { readonly isShort: boolean } => {
  const { setting, leastMs = 0 } = retention
  const set = setting === undefined ? undefined : hours[setting]
  const keptMs = set === undefined ? retention.keptMs : set * HOUR_MS
  return { ...retention, keptMs, isShort: keptMs < leastMs }
}
