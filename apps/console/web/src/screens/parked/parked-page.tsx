import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { listQuery } from '../../server/list.ts'
import type { ParkedItem } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Page } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { Counts } from './counts.tsx'
import { RecordCard } from './record-card.tsx'
import { Redrive, RedriveProgress } from './redrive.tsx'
import { parkedRoute } from './route.ts'

const recordOf = ({ service, id }: ParkedItem) => `${service}/${id}`

export const ParkedPage = () => {
  const { record, operation, ...filter } = parkedRoute.useSearch()
  const client = useQueryClient()
  const [redriving, setRedriving] = useState(false)
  const list = listQuery<ParkedItem>('/api/parked', filter)
  const parked = useInfiniteQuery(list)
  const changed = () => void client.invalidateQueries({ predicate: ({ queryKey }) => isAboutParked(queryKey[0]) })
  const columns: readonly Column<ParkedItem>[] = [
    {
      name: 'Message',
      width: 'minmax(9rem, 1.4fr)',
      cell: (item) => (
        <Link to="/dead-letters" search={{ ...filter, record: recordOf(item) }} className="row-link">
          {item.type ?? 'unreadable'}
        </Link>
      ),
    },
    { name: 'Service', width: '8rem', cell: ({ service }) => service },
    { name: 'Status', width: '7rem', cell: ({ status }) => <Status of={status} /> },
    { name: 'Reason', width: '9rem', cell: ({ reason }) => reason.replaceAll('_', ' ') },
    { name: 'Tries', width: '4rem', end: true, cell: ({ attempts }) => attempts },
    { name: 'Parked', width: '5.5rem', cell: ({ parkedAt }) => <Time at={parkedAt} as="age" /> },
    { name: 'Error', width: 'minmax(9rem, 2fr)', cell: ({ error }) => error ?? '' },
  ]
  return (
    <Page
      title="Dead letters"
      lead="A message that could not be handled is parked with its key: later messages of that key queue behind it, everything else flows on."
      actions={
        <May ask="POST /api/parked/redrive">
          <button type="button" className="button" onClick={() => setRedriving(true)}>
            Redrive …
          </button>
        </May>
      }
    >
      <Counts filter={filter} />
      {operation !== undefined && <RedriveProgress id={operation} onChange={changed} />}
      {record !== undefined && <RecordCard record={record} onChange={changed} />}
      <section className="card">
        <Pages
          query={parked}
          queryKey={list.queryKey}
          what="Dead letters"
          empty={<Empty title="Nothing is parked that matches" />}
        >
          {(rows, more) => (
            <DataTable
              label="Dead letters"
              rows={rows}
              columns={columns}
              keyOf={recordOf}
              selected={record}
              onEnd={more}
              leastWidth="58rem"
              height="calc(100dvh - 16rem)"
            />
          )}
        </Pages>
      </section>
      {redriving && <Redrive filter={filter} onClose={() => setRedriving(false)} onDone={changed} />}
    </Page>
  )
}

const isAboutParked = (key: unknown) => typeof key === 'string' && key.startsWith('/api/parked')
