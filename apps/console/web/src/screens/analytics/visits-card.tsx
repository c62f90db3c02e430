import { duration } from '../../format/duration.ts'
import { Card } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { LineChart } from './line-chart.tsx'
import type { LiveMinute, LiveVisits } from './live-view.ts'

interface Props {
  readonly seconds: readonly LiveVisits[]
  readonly minute: LiveMinute['visits'] | undefined
}

/** The visits that ended: of the newest two minutes of which all are over, minutes after they were. */
export const VisitsCard = ({ seconds, minute }: Props) => (
  <Card title="Visits that ended, per second" aside={<span className="quiet">{figuresOf(minute)}</span>}>
    {seconds.length === 0 ? (
      <Empty title="No visit has ended yet">
        <p>A pause of five minutes ends one, and it is told when later events have come.</p>
      </Empty>
    ) : (
      <LineChart
        label="Visits that ended in each second, and the pages that they had seen, six minutes ago"
        times={seconds.map(({ start }) => start / 1_000)}
        lines={[
          { name: 'visits', color: '--run', values: seconds.map(({ visits }) => visits) },
          { name: 'pages', color: '--ok', values: seconds.map(({ pages }) => pages) },
        ]}
      />
    )}
  </Card>
)

const figuresOf = (minute: Props['minute']): string => {
  if (minute === undefined || minute.visits === 0 || minute.median === null) return ''
  const { visits, pages, median } = minute
  return `a minute: median ${duration(median)}, average ${duration(minute.duration / visits)}, ${(pages / visits).toFixed(1)} pages each`
}
