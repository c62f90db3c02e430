import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { listQuery } from '../../server/list.ts'
import type { AuditEntry } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { Chain } from './chain.tsx'
import { auditRoute } from './route.ts'

const ORDER = /^order\/([0-9a-f-]{36})$/

const columns: readonly Column<AuditEntry>[] = [
  { name: 'When', width: '8.5rem', cell: ({ at }) => <Time at={at} /> },
  { name: 'Who', width: 'minmax(7rem, 1fr)', cell: ({ actor }) => actor },
  { name: 'What', width: 'minmax(8rem, 1fr)', cell: ({ action }) => action },
  {
    name: 'To which thing',
    width: 'minmax(9rem, 2fr)',
    cell: ({ target }) => {
      const orderId = ORDER.exec(target)?.[1]
      return orderId === undefined ? (
        <span className="mono">{target}</span>
      ) : (
        <Link to="/orders/$orderId" params={{ orderId }} className="row-link mono">
          {target}
        </Link>
      )
    },
  },
  { name: 'Why', width: 'minmax(7rem, 1.2fr)', cell: ({ reason }) => reason ?? '' },
  {
    name: 'What came of it',
    width: 'minmax(8rem, 1.6fr)',
    cell: ({ outcome, detail }) => (
      <>
        <Badge tone={outcome === 'done' ? 'ok' : 'warn'}>{outcome}</Badge> {detail}
      </>
    ),
  },
]

export const AuditPage = () => {
  const filter = auditRoute.useSearch()
  const list = listQuery<AuditEntry>('/api/audit', filter)
  const entries = useInfiniteQuery(list)
  return (
    <Page
      title="Audit"
      lead="Who did what to which thing, when, why, and what came of it. Entries are only ever added."
      actions={<Chain />}
    >
      <Filters actor={filter.actor} target={filter.target} />
      <section className="card">
        <Pages
          query={entries}
          queryKey={list.queryKey}
          what="Entries"
          empty={<Empty title="Nothing on record that matches" />}
        >
          {(rows, more) => (
            <DataTable
              label="Audit entries"
              rows={rows}
              columns={columns}
              keyOf={({ service, seq }) => `${service}/${seq}`}
              onEnd={more}
              leastWidth="62rem"
              height="calc(100dvh - 15rem)"
            />
          )}
        </Pages>
      </section>
    </Page>
  )
}

interface Filter {
  readonly actor: string | undefined
  readonly target: string | undefined
}

const Filters = ({ actor, target }: Filter) => {
  const navigate = useNavigate()
  const search = (form: FormData) => {
    const [who, what] = ['actor', 'target'].map((name) => String(form.get(name) ?? '').trim())
    void navigate({ to: '/audit', search: { ...(who && { actor: who }), ...(what && { target: what }) } })
  }
  return (
    <search>
      <form className="filters" action={search} key={`${actor} ${target}`}>
        <label className="field">
          Who
          <input type="search" name="actor" defaultValue={actor} placeholder="operator:ann" maxLength={200} />
        </label>
        <label className="field">
          Which thing, or how its name begins
          <input type="search" name="target" defaultValue={target} placeholder="order/" maxLength={200} />
        </label>
        <button type="submit" className="button">
          Search
        </button>
      </form>
    </search>
  )
}
