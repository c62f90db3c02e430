import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { count } from '../../format/money.ts'
import type { Projection } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { type Command, CommandDialog } from './command-dialog.tsx'
import { ProductSales } from './product-sales.tsx'
import { projectionsQuery } from './queries.ts'
import { candidateOf, servingOf } from './rebuild.ts'
import { RebuildProgress } from './rebuild-progress.tsx'
import { projectionsRoute } from './route.ts'
import { SagaBoard } from './saga-board.tsx'
import { Versions } from './versions.tsx'
import './projections.css'

const columns: readonly Column<Projection>[] = [
  {
    name: 'Projection',
    width: 'minmax(9rem, 2fr)',
    cell: ({ name }) => (
      <Link to="/projections" search={{ projection: name }} className="row-link mono">
        {name}
      </Link>
    ),
  },
  {
    name: 'Serves',
    width: '7rem',
    cell: ({ servingVersion }) => (servingVersion === null ? 'none yet' : `version ${servingVersion}`),
  },
  { name: 'On its way', width: '11rem', cell: (projection) => <OnItsWay projection={projection} /> },
  { name: 'Lag', width: '6rem', end: true, cell: ({ lag }) => count(lag) },
  { name: 'Records', width: '7rem', end: true, cell: ({ position }) => count(position) },
  {
    name: 'Last record',
    width: '8rem',
    cell: ({ updatedAt }) => (updatedAt === null ? '–' : <Time at={updatedAt} as="age" />),
  },
]

const OnItsWay = ({ projection }: { projection: Projection }) => {
  const candidate = candidateOf(projection)
  if (candidate === undefined) return <span className="quiet">–</span>
  return (
    <>
      {candidate.version} <Status of={candidate.state} />
      {candidate.percent !== undefined && candidate.state === 'filling' && ` ${Math.floor(candidate.percent)} %`}
    </>
  )
}

export const ProjectionsPage = () => {
  const { projection: chosen } = projectionsRoute.useSearch()
  const projections = useQuery(projectionsQuery)
  return (
    <Page
      title="Projections"
      lead="What is asked for is folded from the topics and kept ready. It can be folded anew from their beginning, beside what serves, and switched in."
    >
      <Shown query={projections} what="Projections">
        {({ items }) => (
          <>
            <section className="card">
              {items.length === 0 ? (
                <Empty title="No projections" />
              ) : (
                <DataTable
                  label="Projections"
                  rows={items}
                  columns={columns}
                  keyOf={({ name }) => name}
                  selected={chosen ?? items[0]?.name}
                  leastWidth="52rem"
                  height="18rem"
                />
              )}
            </section>
            <Details
              projection={chosen === undefined ? items[0] : items.find(({ name }) => name === chosen)}
              name={chosen}
            />
          </>
        )}
      </Shown>
    </Page>
  )
}

const Details = ({ projection, name }: { projection: Projection | undefined; name: string | undefined }) => {
  const client = useQueryClient()
  const [asked, setAsked] = useState<Command>()
  if (projection === undefined)
    return name === undefined ? null : (
      <Card title={name}>
        <Empty title="There is no such projection" />
      </Card>
    )
  const candidate = candidateOf(projection)
  return (
    <>
      <Card
        title={<span className="mono">{projection.name}</span>}
        aside={
          <May ask="POST /api/projections/:name/rebuild">
            <Commands commands={projection.commands} onAsk={setAsked} />
          </May>
        }
      >
        <dl className="facts">
          <dt>Serves</dt>
          <dd>
            <Serving projection={projection} />
          </dd>
          <dt>Folded from</dt>
          <dd>{projection.topics.join(', ')}</dd>
          <dt>Behind</dt>
          <dd className="num">
            {count(projection.lag)} of {count(projection.position + projection.lag)} records
          </dd>
        </dl>
        {candidate && <RebuildProgress version={candidate} />}
      </Card>
      {projection.name === 'product-sales' && <ProductSales />}
      {projection.name === 'saga-board' && <SagaBoard />}
      <Versions projection={projection} />
      {asked && (
        <CommandDialog
          command={asked}
          projection={projection}
          onClose={() => setAsked(undefined)}
          onDone={() => void client.invalidateQueries(projectionsQuery)}
        />
      )}
    </>
  )
}

const Serving = ({ projection }: { projection: Projection }) => {
  const serving = servingOf(projection)
  if (serving === undefined) return <>nothing yet: it is being filled for the first time</>
  return (
    <>
      version {serving.version}, since <Time at={serving.since} />
    </>
  )
}

const NAMES: Readonly<Record<Command, string>> = {
  rebuild: 'Rebuild',
  switch: 'Switch',
  rollback: 'Roll back',
  cancel: 'Cancel the rebuild',
}

const Commands = ({ commands, onAsk }: { commands: readonly Command[]; onAsk: (command: Command) => void }) => (
  <div className="page-actions">
    {commands.map((command) => (
      <button
        key={command}
        type="button"
        className="button"
        data-size="small"
        data-kind={command === 'switch' ? 'primary' : command === 'cancel' ? 'danger' : undefined}
        onClick={() => onAsk(command)}
      >
        {NAMES[command]}
      </button>
    ))}
  </div>
)
