import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { duration } from '../../format/duration.ts'
import { count } from '../../format/money.ts'
import { useHealth } from '../../server/health.ts'
import { useStream } from '../../server/stream.ts'
import { Badge } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { useNow } from '../../ui/use-now.ts'
import { MapDrawing } from './map-drawing.tsx'
import { PlaceSamples } from './place-samples.tsx'
import { calm, figures, heard } from './pulse.ts'
import { groupsQuery, parkedCountsQuery, sagaCountsQuery, topicsQuery } from './queries.ts'
import { type Look, lookAt, ratesBetween } from './rates.ts'
import { systemMap } from './system-map.ts'
import './overview.css'

export const OverviewPage = () => {
  const health = useHealth()
  const groups = useQuery(groupsQuery)
  const parked = useQuery(parkedCountsQuery)
  const sagas = useQuery(sagaCountsQuery)
  const rates = useRates()
  const [pulse, setPulse] = useState(calm)
  const now = useNow()
  const live = useStream({ topics: ['orders'] }, (messages) =>
    setPulse((before) => heard(before, messages, Date.now())),
  )
  const { perSecond, completed, p50, p99 } = figures(pulse, now)
  const stuck = sagas.data?.items.find(({ state }) => state === 'needs_attention')?.count ?? 0
  const running = sagas.data?.items.find(({ state }) => state === 'running')?.count ?? 0
  const map = systemMap({
    services: health.data?.services ?? {},
    groups: groups.data?.items ?? [],
    parked: parked.data?.items ?? [],
    stuck,
    rates,
  })
  return (
    <Page
      title="Overview"
      lead="The services, and what flows between them over topics."
      actions={<Badge tone={live ? 'ok' : 'idle'}>{live ? 'live' : 'not connected'}</Badge>}
    >
      <dl className="figures">
        <Figure name="Orders per second" value={perSecond.toFixed(1)} />
        <Figure name="Completed in the last minute" value={count(completed)} />
        <Figure name="Placed to completed, median" value={p50 === undefined ? '–' : duration(p50)} />
        <Figure name="Slowest of a hundred" value={p99 === undefined ? '–' : duration(p99)} />
        <Figure name="Sagas under way" value={count(running)} />
        <Figure name="Sagas that need somebody" value={count(stuck)} bad={stuck > 0} />
        <Figure name="Parked messages" value={count(parked.data?.total ?? 0)} bad={(parked.data?.total ?? 0) > 0} />
      </dl>
      <Card
        title="Services and topics"
        flush
        aside={<span className="quiet">records per second; what waits to be handled</span>}
      >
        <MapDrawing {...map} />
      </Card>
      <May ask="POST /api/orders">
        <PlaceSamples />
      </May>
    </Page>
  )
}

const Figure = ({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) => (
  <div className="card figure" data-bad={bad || undefined}>
    <dt>{name}</dt>
    <dd className="num">{value}</dd>
  </div>
)

/** Of each topic, from two looks at how far it has come. */
const useRates = (): ReadonlyMap<string, number> => {
  const topics = useQuery(topicsQuery)
  const looks = useRef<{ before: Look | undefined; last: Look | undefined }>({ before: undefined, last: undefined })
  const { data, dataUpdatedAt } = topics
  if (data !== undefined && looks.current.last?.at !== dataUpdatedAt)
    looks.current = { before: looks.current.last, last: lookAt(dataUpdatedAt, data.items) }
  const { before, last } = looks.current
  return last === undefined ? new Map() : ratesBetween(before, last)
}
