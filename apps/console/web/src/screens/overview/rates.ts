/** How far every topic had come when it was looked at: records ever written, over all partitions. */
export interface Look {
  readonly at: number
  readonly ends: ReadonlyMap<string, number>
}

export const lookAt = (
  at: number,
  topics: readonly { readonly name: string; readonly partitions: readonly { readonly latest: number }[] }[],
): Look => ({
  at,
  ends: new Map(topics.map(({ name, partitions }) => [name, partitions.reduce((sum, { latest }) => sum + latest, 0)])),
})

/** Records per second of each topic between two looks; none without an earlier one. */
export const ratesBetween = (before: Look | undefined, after: Look): ReadonlyMap<string, number> => {
  const seconds = before === undefined ? 0 : (after.at - before.at) / 1_000
  if (before === undefined || seconds <= 0) return new Map()
  return new Map(
    // A topic that was made again begins anew.
    Array.from(after.ends, ([name, end]) => [name, Math.max(0, end - (before.ends.get(name) ?? end)) / seconds]),
  )
}
