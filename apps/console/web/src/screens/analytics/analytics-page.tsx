import { duration } from '../../format/duration.ts'
import { count, money } from '../../format/money.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { HistoryCard } from './history-card.tsx'
import { LineChart } from './line-chart.tsx'
import { column, type LiveMinute, measures, percentile, type Sums } from './live-view.ts'
import { RebuildCard } from './rebuild-card.tsx'
import { TrafficCard } from './traffic-card.tsx'
import { useLive } from './use-live.ts'
import { VisitsCard } from './visits-card.tsx'
import './analytics.css'

const CURRENCY = 'EUR'
const at = (measure: (typeof measures)[number]): number => measures.indexOf(measure)
const sum = (sums: Sums | undefined, measure: (typeof measures)[number]): number => sums?.[at(measure)] ?? 0

export const AnalyticsPage = () => {
  const { view, connected } = useLive()
  const { seconds, minute, delays } = view
  const times = seconds.map(({ start }) => start / 1_000)
  const late = percentile(delays, 0.95)
  return (
    <Page
      title="Analytics"
      lead="What happens in the shop, counted by the second: each event once, by when it happened."
      actions={<Badge tone={connected ? 'ok' : 'idle'}>{connected ? 'live' : 'not connected'}</Badge>}
    >
      <dl className="figures">
        <Figure
          name="Revenue, last minute"
          value={money({ amount: sum(minute?.sums, 'revenue'), currency: CURRENCY })}
        />
        <Figure name="Checkouts, last minute" value={count(sum(minute?.sums, 'checkouts'))} />
        <Figure name="Late events, last minute" value={count(sum(minute?.sums, 'late'))} />
        <Figure name="Duplicates, last minute" value={count(sum(minute?.sums, 'duplicates'))} />
        <Figure
          name="Unreadable or ahead, last minute"
          value={count(sum(minute?.sums, 'unreadable') + sum(minute?.sums, 'early'))}
        />
        <Figure name="Event to this page, p95" value={late === undefined ? '–' : duration(late)} />
      </dl>
      <Card title="Events per second">
        <LineChart
          label="Views, baskets and checkouts of each second of the last two minutes"
          times={times}
          lines={[
            { name: 'views', color: '--run', values: column(seconds, at('views')) },
            { name: 'baskets', color: '--warn', values: column(seconds, at('baskets')) },
            { name: 'checkouts', color: '--ok', values: column(seconds, at('checkouts')) },
          ]}
        />
      </Card>
      <VisitsCard seconds={view.visits} minute={minute?.visits} />
      <div className="analytics-columns">
        <Card title="From looking to buying" aside={<span className="quiet">last minute</span>}>
          <Funnel sums={minute?.sums} />
        </Card>
        <Card title="What sells best" aside={<span className="quiet">pieces, last minute</span>}>
          <Ranking rows={minute?.top ?? []} show={count} />
        </Card>
        <Card title="Revenue by country" aside={<span className="quiet">last minute</span>}>
          <Ranking rows={minute?.countries ?? []} show={(amount) => money({ amount, currency: CURRENCY })} />
        </Card>
      </div>
      <div className="analytics-columns">
        <HistoryCard />
        <RebuildCard />
        <TrafficCard />
      </div>
    </Page>
  )
}

const Figure = ({ name, value }: { name: string; value: string }) => (
  <div className="card figure">
    <dt>{name}</dt>
    <dd className="num">{value}</dd>
  </div>
)

const STEPS = [
  ['views', 'Product viewed'],
  ['baskets', 'Put into the basket'],
  ['purchases', 'Bought'],
  ['converted', 'Bought after both'],
] as const

const Funnel = ({ sums }: { sums: LiveMinute['sums'] | undefined }) => {
  const most = Math.max(1, ...STEPS.map(([measure]) => sum(sums, measure)))
  return (
    <ol className="bars">
      {STEPS.map(([measure, name]) => (
        <Bar key={measure} name={name} share={sum(sums, measure) / most} value={count(sum(sums, measure))} />
      ))}
    </ol>
  )
}

const Ranking = ({ rows, show }: { rows: readonly (readonly [string, number])[]; show: (value: number) => string }) => {
  if (rows.length === 0) return <Empty title="Nothing was sold in the last minute" />
  const most = rows[0]![1]
  return (
    <ol className="bars">
      {rows.map(([key, value]) => (
        <Bar key={key} name={key} share={value / most} value={show(value)} />
      ))}
    </ol>
  )
}

const Bar = ({ name, share, value }: { name: string; share: number; value: string }) => (
  <li>
    <span>{name}</span>
    <span className="num">{value}</span>
    <meter min={0} max={1} value={share} aria-hidden="true" />
  </li>
)
