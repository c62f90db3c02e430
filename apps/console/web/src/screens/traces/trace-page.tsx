import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Trace, TraceSpan } from '../../server/types.ts'
import { Card, Page } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Id } from '../../ui/values.tsx'
import { duration } from './duration.ts'
import { traceQuery } from './queries.ts'
import { traceRoute } from './route.ts'
import { type Row, waterfall } from './waterfall.ts'
import './traces.css'

export const TracePage = () => {
  const { traceId } = traceRoute.useParams()
  const { span: chosen } = traceRoute.useSearch()
  const navigate = traceRoute.useNavigate()
  const trace = useQuery(traceQuery(traceId))
  const select = (span: string | undefined) =>
    void navigate({ search: span === undefined ? {} : { span }, replace: true, resetScroll: false })
  return (
    <Page title={`Trace ${traceId.slice(0, 8)}`} lead={<Id value={traceId} what="trace id" />}>
      <Shown query={trace} what="The trace">
        {(found) => (
          <>
            <Card title={found.summary.name} flush aside={<About trace={found} />}>
              <Waterfall rows={waterfall(found.spans)} chosen={chosen} onSelect={select} />
            </Card>
            <Details span={found.spans.find(({ spanId }) => spanId === chosen)} />
          </>
        )}
      </Shown>
    </Page>
  )
}

const About = ({ trace: { summary } }: { trace: Trace }) => (
  <span className="quiet">
    {summary.spans} spans in {duration(summary.durationMs)}
    {summary.dropped > 0 && `, ${summary.dropped} more were left out`}
    {summary.orderId !== null && (
      <>
        {' · '}
        <Link to="/orders/$orderId" params={{ orderId: summary.orderId }}>
          order {summary.orderId.slice(0, 8)}
        </Link>
      </>
    )}
  </span>
)

interface WaterfallProps {
  readonly rows: readonly Row[]
  readonly chosen: string | undefined
  readonly onSelect: (spanId: string | undefined) => void
}

const Waterfall = ({ rows, chosen, onSelect }: WaterfallProps) => (
  <ul className="waterfall" aria-label="Spans">
    {rows.map(({ span, depth, from, length, isOrphan }) => (
      <li key={span.spanId}>
        <button
          type="button"
          className="span-row"
          aria-pressed={span.spanId === chosen}
          onClick={() => onSelect(span.spanId === chosen ? undefined : span.spanId)}
        >
          <span className="span-name" style={{ paddingInlineStart: `${Math.min(depth, 12) * 0.75}rem` }}>
            <span className="mono">{span.name}</span> <span className="quiet">{span.service}</span>
            {isOrphan && <span className="quiet"> (its cause was not recorded)</span>}
          </span>
          <span className="span-track" aria-hidden="true">
            <span
              className="span-bar"
              data-kind={span.error === null ? kindOf(span) : 'error'}
              style={{ insetInlineStart: `${from * 100}%`, inlineSize: `max(2px, ${length * 100}%)` }}
            />
          </span>
          <span className="span-time">{duration(span.durationMs)}</span>
        </button>
      </li>
    ))}
  </ul>
)

/** Waiting is drawn otherwise than working. */
const kindOf = ({ kind, name }: TraceSpan): string =>
  kind === 'producer' || (kind === 'consumer' && !/^(handle|batch) /.test(name)) ? 'waiting' : kind

const Details = ({ span }: { span: TraceSpan | undefined }) =>
  span && (
    <Card title={<span className="mono">{span.name}</span>}>
      <dl className="facts">
        <dt>Service</dt>
        <dd>{span.service}</dd>
        <dt>Began</dt>
        <dd className="mono">{new Date(span.startedAt).toISOString()}</dd>
        <dt>Took</dt>
        <dd>{duration(span.durationMs)}</dd>
        {span.error !== null && (
          <>
            <dt>Error</dt>
            <dd>{span.error}</dd>
          </>
        )}
        {span.links.length > 0 && (
          <>
            <dt>Has to do with</dt>
            <dd>
              {span.links.map(({ traceId, spanId }) => (
                <Link
                  key={spanId}
                  to="/traces/$traceId"
                  params={{ traceId }}
                  search={{ span: spanId }}
                  className="mono"
                >
                  trace {traceId.slice(0, 8)}{' '}
                </Link>
              ))}
            </dd>
          </>
        )}
        {Object.entries(span.attributes).map(([name, value]) => (
          <Attribute key={name} name={name} value={String(value)} />
        ))}
      </dl>
    </Card>
  )

const Attribute = ({ name, value }: { name: string; value: string }) => (
  <>
    <dt>{name}</dt>
    <dd className="mono">{value}</dd>
  </>
)
