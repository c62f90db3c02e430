import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Operation } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Card } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'

type Filter = Readonly<Record<string, string | undefined>>

interface Props {
  readonly filter: Filter
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Has all that the filter means tried again; the address then names the operation. */
export const Redrive = ({ filter, onClose, onDone }: Props) => {
  const navigate = useNavigate()
  // What is redriven is always dead.
  const named = Object.entries(filter).filter(([name, value]) => name !== 'status' && value !== undefined)
  const follow = (answer: unknown) => {
    const { operationId } = answer as { operationId: string }
    onDone()
    void navigate({ to: '/dead-letters', search: { operation: operationId } })
  }
  return (
    <OperatorDialog
      title="Redrive"
      path="/api/parked/redrive"
      body={{ filter: Object.fromEntries(named) }}
      verb="Redrive"
      needsReason
      onClose={onClose}
      onDone={follow}
    >
      <p dir="auto">
        All dead letters{' '}
        {named.length === 0
          ? 'of every service'
          : `with ${named.map(([name, value]) => `${name} ${value}`).join(', ')}`}{' '}
        are tried again, in the order of each key and at a bounded rate.
      </p>
    </OperatorDialog>
  )
}

export const RedriveProgress = ({ id, onChange }: { id: string; onChange: () => void }) => {
  const query = useQuery({
    queryKey: ['/api/operations', id],
    queryFn: ({ signal }) => ask<Operation>(`/api/operations/${encodeURIComponent(id)}`, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'completed' ? false : LOOK_AGAIN_MS),
  })
  const state = query.data?.state
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the operation comes to its end.
  useEffect(() => {
    if (state === 'completed') onChange()
  }, [state])
  return (
    <Card title="Redrive" aside={state && <Status of={state} />}>
      <Shown query={query}>
        {({ total, handled, dead, reason, actor }) => (
          <>
            <progress
              max={Math.max(total, 1)}
              value={total === 0 ? 1 : handled + dead}
              aria-label="How far it has come"
            />
            <p>
              <span className="num">{handled}</span> of <span className="num">{total}</span> handled,{' '}
              <span className="num">{dead}</span> dead again. {actor}: {reason}
            </p>
          </>
        )}
      </Shown>
    </Card>
  )
}
