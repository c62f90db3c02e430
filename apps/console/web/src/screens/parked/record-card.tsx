import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../../server/request.ts'
import type { ParkedRecord } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Card } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Json, Time } from '../../ui/values.tsx'
import { Amend } from './amend.tsx'
import { readable } from './readable.ts'

type Asked = 'retry' | 'discard' | 'amend'

/** Everything known of one parked message, and what can be done with it. `record` is `<service>/<id>`. */
export const RecordCard = ({ record, onChange }: { record: string; onChange: () => void }) => {
  const path = `/api/parked/${record.split('/').map(encodeURIComponent).join('/')}`
  const query = useQuery({ queryKey: [path], queryFn: ({ signal }) => ask<ParkedRecord>(path, signal) })
  const [asked, setAsked] = useState<Asked>()
  const close = () => setAsked(undefined)
  return (
    <Card
      title="The message"
      aside={
        query.data &&
        query.data.status !== 'settled' && (
          <May ask="POST /api/parked/:service/:id/:action">
            <Actions status={query.data.status} onAsk={setAsked} />
          </May>
        )
      }
    >
      <Shown query={query}>
        {(parked) => (
          <>
            <Facts parked={parked} />
            <div className="columns">
              <div>
                <h3>Value</h3>
                <Json value={readable(parked)} />
              </div>
              <div>
                <h3>Headers</h3>
                <Json value={parked.headers} />
              </div>
            </div>
            <h3>Error</h3>
            <Json value={parked.error ?? 'none was recorded'} />
            <Attempts attempts={parked.failedAttempts} />
            {asked === 'amend' && <Amend path={path} parked={parked} onClose={close} onDone={onChange} />}
          </>
        )}
      </Shown>
      {asked === 'retry' && (
        <OperatorDialog
          title="Try it again now"
          path={`${path}/retry`}
          verb="Retry"
          onClose={close}
          onDone={onChange}
        />
      )}
      {asked === 'discard' && (
        <OperatorDialog
          title="Give it up"
          path={`${path}/discard`}
          verb="Discard"
          needsReason
          danger
          onClose={close}
          onDone={onChange}
        >
          <p>It will never be handled. The messages of its key that wait behind it go on.</p>
        </OperatorDialog>
      )}
    </Card>
  )
}

const Actions = ({ status, onAsk }: { status: ParkedRecord['status']; onAsk: (asked: Asked) => void }) => {
  const isFirst = status !== 'queued'
  return (
    <div className="page-actions">
      {isFirst ? (
        (['retry', 'amend', 'discard'] as const).map((what) => (
          <button key={what} type="button" className="button" data-size="small" onClick={() => onAsk(what)}>
            {{ retry: 'Retry', amend: 'Amend', discard: 'Discard' }[what]}
          </button>
        ))
      ) : (
        <span className="quiet">waits behind another one of its key</span>
      )}
    </div>
  )
}

const Facts = ({ parked }: { parked: ParkedRecord }) => (
  <dl className="facts">
    <dt>Status</dt>
    <dd>
      <Status of={parked.resolution ?? parked.status} /> {parked.reason.replaceAll('_', ' ')}
    </dd>
    <dt>Where</dt>
    <dd className="mono">
      {parked.topic}/{parked.partition}/{parked.offset}
    </dd>
    <dt>Key</dt>
    <dd dir="auto">{parked.key ?? 'none'}</dd>
    <dt>Waiting behind it</dt>
    <dd className="num">{parked.behind}</dd>
    {parked.orderId !== undefined && (
      <>
        <dt>Order</dt>
        <dd>
          <Link to="/orders/$orderId" params={{ orderId: parked.orderId }} className="mono">
            {parked.orderId}
          </Link>
        </dd>
      </>
    )}
  </dl>
)

const Attempts = ({ attempts }: { attempts: ParkedRecord['failedAttempts'] }) => (
  <>
    <h3>Attempts</h3>
    {attempts.length === 0 && <p className="quiet">None: what cannot be read is not tried twice.</p>}
    <ol className="plain">
      {attempts.map(({ at, error }) => (
        <li key={`${at} ${error}`} dir="auto">
          <Time at={at} as="fine" /> {error?.split('\n')[0]}
        </li>
      ))}
    </ol>
  </>
)
