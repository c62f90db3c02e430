/** Told of each deadline that this process commits; other processes' deadlines are found in the table. */
type DeadlineWatcher = (deadline: Date) => void

const watchers = new Set<DeadlineWatcher>()

export const announceDeadline = (deadline: Date): void => {
  for (const watcher of watchers) watcher(deadline)
}

/** Answers how to stop watching. */
export const watchDeadlines = (watcher: DeadlineWatcher): (() => void) => {
  watchers.add(watcher)
  return () => {
    watchers.delete(watcher)
  }
}
