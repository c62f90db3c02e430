import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { ParkedCounts } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { Notice } from '../../ui/states.tsx'

interface Filter {
  readonly service?: string
  readonly status?: string
  readonly reason?: string
}

/** How many there are of each kind; each is a link to them. */
export const Counts = ({ filter }: { filter: Filter }) => {
  const { data } = useQuery({
    queryKey: ['/api/parked/counts'],
    queryFn: ({ signal }) => ask<ParkedCounts>('/api/parked/counts', signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
  const isChosen = (each: Filter) =>
    each.service === filter.service && each.status === filter.status && each.reason === filter.reason
  return (
    <>
      <nav className="chips" aria-label="Kinds">
        <Link to="/dead-letters" search={{}} className="chip" data-chosen={isChosen({}) || undefined}>
          all <span className="num">{data?.total ?? '…'}</span>
        </Link>
        {data?.items.map(({ service, status, reason, count }) => (
          <Link
            key={`${service} ${status} ${reason}`}
            to="/dead-letters"
            search={{ service, status, reason }}
            className="chip"
            data-chosen={isChosen({ service, status, reason }) || undefined}
          >
            {service} <Status of={status} /> {reason.replaceAll('_', ' ')} <span className="num">{count}</span>
          </Link>
        ))}
      </nav>
      {data !== undefined && data.unreachable.length > 0 && (
        <Notice tone="warn">Could not ask {data.unreachable.join(', ')}: what they have parked is not shown.</Notice>
      )}
    </>
  )
}
