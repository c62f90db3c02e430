import { useQuery } from '@tanstack/react-query'
import { ask } from '../../server/request.ts'
import type { Verification } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'

/** Reads every entry of every service again when it is asked to: that is too much for doing it unasked. */
export const Chain = () => {
  const { data, isError, isFetching, refetch } = useQuery({
    queryKey: ['/api/audit/verify'],
    queryFn: ({ signal }) => ask<Verification>('/api/audit/verify', signal),
    enabled: false,
  })
  return (
    <>
      <span role="status">{isError ? <Badge tone="bad">not verified</Badge> : data && <Verdict {...data} />}</span>
      <button type="button" className="button" disabled={isFetching} onClick={() => void refetch()}>
        {isFetching ? 'Verifying …' : 'Verify the chain'}
      </button>
    </>
  )
}

const Verdict = ({ holds, services, unreachable }: Verification) => {
  const broken = Object.entries(services).flatMap(([service, found]) =>
    found.holds ? [] : [`${service}: ${found.detail} (entry ${found.brokenAt})`],
  )
  const entries = Object.values(services).reduce((sum, found) => sum + (found.holds ? found.entries : 0), 0)
  if (!holds && broken.length > 0) return <Badge tone="bad">{broken.join('; ')}</Badge>
  if (unreachable.length > 0) return <Badge tone="warn">could not ask {unreachable.join(', ')}</Badge>
  return <Badge tone="ok">{entries.toLocaleString()} entries, the chain holds</Badge>
}
