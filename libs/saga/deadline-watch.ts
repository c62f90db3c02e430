/** Told of each deadline that this process commits; other processes' deadlines are found in the table. */
type DeadlineWatcher = (deadline: Date) => void

const watchers = new WeakMap<object, Set<DeadlineWatcher>>()

export const announceDeadline = (database: object | undefined, deadline: Date): void => {
  for (const watcher of (database && watchers.get(database)) ?? []) watcher(deadline)
}

/** Watches the deadlines of one database; answers how to stop. */
export const watchDeadlines = (database: object, watcher: DeadlineWatcher): (() => void) => {
  const ours = watchers.get(database) ?? new Set()
  watchers.set(database, ours.add(watcher))
  return () => void ours.delete(watcher)
}
