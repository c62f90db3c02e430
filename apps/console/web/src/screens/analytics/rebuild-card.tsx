import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { rebuild } from '../../../../src/analytics/analytics.openapi.ts'
import { localDateTime } from '../../format/instant.ts'
import { count } from '../../format/money.ts'
import { ask } from '../../server/request.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Card } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'

type Generations = z.infer<typeof rebuild>
type Rebuild = NonNullable<Generations['rebuild']>
type Source = Generations['sources'][number]

const PATH = '/api/analytics/rebuild'
const [RUNNING_MS, REST_MS] = [1_000, 5_000]
const TONES: Readonly<Record<Rebuild['state'], Tone>> = {
  running: 'run',
  served: 'ok',
  cancelled: 'idle',
  failed: 'bad',
}
const SOURCES: Readonly<Record<Source, string>> = {
  archive: 'from the archive, and what is newer from the topic',
  topic: 'from the topic alone, as far back as it reaches',
}

/** Everything that was counted, computed anew and switched in: how far that is, and its beginning and end. */
export const RebuildCard = () => {
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: [PATH],
    queryFn: ({ signal }) => ask<Generations>(PATH, signal),
    refetchInterval: ({ state }) => (state.data?.rebuild?.state === 'running' ? RUNNING_MS : REST_MS),
  })
  const [dialog, setDialog] = useState<'rebuild' | 'cancel'>()
  const isRunning = data?.rebuild?.state === 'running'
  const shared = {
    onClose: () => setDialog(undefined),
    onDone: () => void client.invalidateQueries({ queryKey: [PATH] }),
  }
  return (
    <Card
      title="Computed anew"
      aside={
        <button
          type="button"
          className="button"
          data-size="small"
          onClick={() => setDialog(isRunning ? 'cancel' : 'rebuild')}
          disabled={data === undefined}
        >
          {isRunning ? 'Cancel…' : 'Rebuild…'}
        </button>
      }
    >
      {data?.rebuild === undefined ? (
        <Empty title="What is served was never rebuilt" />
      ) : (
        <Progress rebuild={data.rebuild} served={data.served} />
      )}
      {dialog === 'rebuild' && <RebuildDialog {...shared} sources={data?.sources ?? []} />}
      {dialog === 'cancel' && (
        <OperatorDialog {...shared} path={`${PATH}/cancel`} title="Cancel the rebuild" verb="Give it up" danger>
          <p>What was computed is dropped. What is served stays as it is.</p>
        </OperatorDialog>
      )}
    </Card>
  )
}

const Progress = ({ rebuild, served }: { rebuild: Rebuild; served: number }) => {
  const { generation, state, source, requestedAt, endedAt, attempt, events, ofEvents, detail } = rebuild
  return (
    <>
      <p>
        Generation {generation}, {SOURCES[source]} <Badge tone={TONES[state]}>{state}</Badge>
      </p>
      {state === 'running' && (
        <p>
          <progress max={Math.max(1, ofEvents ?? 1)} value={events} aria-label="Events computed anew" />{' '}
          <span className="num">{ofEvents === null ? 'begins' : `${count(events)} of ${count(ofEvents)} events`}</span>
          {attempt > 1 && `, begun ${attempt} times`}
        </p>
      )}
      {detail !== null && <p role="alert">{detail}</p>}
      <p className="quiet">
        asked for {localDateTime(requestedAt)}
        {endedAt !== null && `, ended ${localDateTime(endedAt)}`}; generation {served} is served
      </p>
    </>
  )
}

interface DialogProps {
  readonly sources: readonly Source[]
  readonly onClose: () => void
  readonly onDone: () => void
}

const RebuildDialog = ({ sources, ...shared }: DialogProps) => {
  const [source, setSource] = useState(sources[0] ?? 'topic')
  return (
    <OperatorDialog {...shared} path={PATH} body={{ source }} title="Rebuild the results" verb="Rebuild">
      <p>
        Every window is computed anew beside what is served, up to where the stream is, and then becomes the served one
        at once. It begins again if the process that works on it ends.
      </p>
      <fieldset className="choice">
        <legend>Events are read</legend>
        {sources.map((one) => (
          <label key={one}>
            <input type="radio" name="source" checked={source === one} onChange={() => setSource(one)} />
            {SOURCES[one]}
          </label>
        ))}
      </fieldset>
    </OperatorDialog>
  )
}
