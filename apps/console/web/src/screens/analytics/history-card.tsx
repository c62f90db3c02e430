import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { reconciliation } from '../../../../src/analytics/analytics.openapi.ts'
import { localDateTime } from '../../format/instant.ts'
import { count } from '../../format/money.ts'
import { explain } from '../../server/problem.ts'
import { ask, tell } from '../../server/request.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'

type Reconciliation = z.infer<typeof reconciliation>
type Hour = Reconciliation['items'][number]

const PATH = '/api/analytics/reconciliation'
const LOOK_MS = 5_000
const TONES: Readonly<Record<Hour['state'], Tone>> = { equal: 'ok', different: 'bad', open: 'idle' }

/** Whether what the stream counted is what is counted from the archive, hour by hour. */
export const HistoryCard = () => {
  const { data } = useQuery({
    queryKey: [PATH],
    queryFn: ({ signal }) => ask<Reconciliation>(PATH, signal),
    refetchInterval: LOOK_MS,
  })
  const [problem, setProblem] = useState<string>()
  const countNow = () =>
    void tell('POST', PATH, { body: {} }).then(
      () => setProblem(undefined),
      (error: unknown) => setProblem(explain(error).what),
    )
  const said = problem ?? data?.failure
  return (
    <Card
      title="Counted again from the archive"
      aside={
        <May ask="POST /api/analytics/reconciliation">
          <button
            type="button"
            className="button"
            data-size="small"
            onClick={countNow}
            disabled={data?.running === true || data?.archived === false}
          >
            {data?.running ? 'Counting…' : 'Count now'}
          </button>
        </May>
      }
    >
      {said !== undefined && <p role="alert">{said}</p>}
      {data?.countedAt === undefined ? (
        <Empty title={data?.archived === false ? 'No archive is kept' : 'Not counted yet: it is at each full hour'} />
      ) : (
        <>
          <p>{verdictOn(data.items)}</p>
          <p className="quiet">
            {localDateTime(data.countedAt)}, {count(data.files ?? 0)} files
          </p>
          <ol className="bars">
            {[...data.items].reverse().map((hour) => (
              <HourRow key={hour.start} hour={hour} />
            ))}
          </ol>
        </>
      )}
    </Card>
  )
}

/** Of hours that are over, and their events in the archive. */
const verdictOn = (hours: readonly Hour[]): string => {
  const settled = hours.filter(({ state }) => state !== 'open')
  const different = settled.filter(({ state }) => state === 'different').length
  if (settled.length === 0) return 'No hour is over yet.'
  if (different > 0) return `Stream and batch differ in ${count(different)} of ${count(settled.length)} hours.`
  const compared = settled.reduce((sum, { compared }) => sum + compared, 0)
  return `Stream equals batch, hour by hour: ${count(compared)} numbers in ${count(settled.length)} hours.`
}

const HourRow = ({ hour: { start, state, compared, different, differences } }: { hour: Hour }) => (
  <li title={differences.map((one) => `${one.measure} of ${one.key || 'all'}: ${one.stream}, ${one.batch}`).join('\n')}>
    <span>{localDateTime(start)}</span>
    <span>
      <Badge tone={TONES[state]}>{state}</Badge>{' '}
      <span className="num quiet">
        {different === 0 ? `${count(compared)} numbers` : `${count(different)} of ${count(compared)}`}
      </span>
    </span>
  </li>
)
