import { counter, metrics } from '#libs/observability'
import type { Restored } from '#libs/stream-tasks'

const records = counter(metrics.streams.restored)

/** What it took to take tasks over. */
export const countRestored = ({ read, copied }: Restored): void => {
  records.inc({ from: 'changelog' }, read)
  records.inc({ from: 'standby' }, copied)
}
