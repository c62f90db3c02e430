import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Group } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import type { GroupHistory } from './history.ts'
import { Members } from './members.tsx'
import { groupsQuery, historyOf } from './queries.ts'
import { ResetOffsets } from './reset-offsets.tsx'
import { groupsRoute } from './route.ts'
import { SparkLine } from './spark-line.tsx'
import './groups.css'

const STABLE = new Set(['Stable', 'stable'])

const columns: readonly Column<Group>[] = [
  {
    name: 'Group',
    width: 'minmax(9rem, 2fr)',
    cell: ({ groupId }) => (
      <Link to="/groups" search={{ group: groupId }} className="row-link mono">
        {groupId}
      </Link>
    ),
  },
  { name: 'Type', width: '6.5rem', cell: ({ type }) => type },
  {
    name: 'State',
    width: '10rem',
    cell: ({ state }) => <Badge tone={STABLE.has(state) ? 'ok' : 'warn'}>{state}</Badge>,
  },
  { name: 'Members', width: '6rem', end: true, cell: ({ members }) => members.length },
  { name: 'Lag', width: '8rem', end: true, cell: ({ lag }) => lag.toLocaleString() },
  {
    name: 'Over time',
    width: '9.5rem',
    cell: ({ groupId, lag }) => (
      <SparkLine
        values={historyOf(groupId)?.samples.map(({ total }) => total) ?? [lag]}
        label={`Lag of ${groupId} over time, now ${lag}`}
      />
    ),
  },
]

type Partition = Group['partitions'][number]

const partitionColumns = (type: Group['type'], history: GroupHistory | undefined): readonly Column<Partition>[] => [
  { name: 'Topic', width: 'minmax(9rem, 2fr)', cell: ({ topic }) => <span className="mono">{topic}</span> },
  { name: 'Partition', width: '5rem', end: true, cell: ({ partition }) => partition },
  {
    name: type === 'share' ? 'First not done' : 'Committed',
    width: '8rem',
    end: true,
    cell: ({ offset }) => (offset < 0 ? 'nothing yet' : offset.toLocaleString()),
  },
  { name: 'Next offset', width: '8rem', end: true, cell: ({ latest }) => latest.toLocaleString() },
  { name: 'Lag', width: '6rem', end: true, cell: ({ lag }) => lag.toLocaleString() },
  {
    name: 'Over time',
    width: '9.5rem',
    cell: ({ topic, partition, lag }) => (
      <SparkLine
        values={history?.samples.map(({ lags }) => lags.get(`${topic}/${partition}`) ?? 0) ?? [lag]}
        label={`Lag of ${topic}/${partition} over time, now ${lag}`}
      />
    ),
  },
]

export const GroupsPage = () => {
  const { group: chosen } = groupsRoute.useSearch()
  const groups = useQuery(groupsQuery)
  return (
    <Page
      title="Consumer groups"
      lead="Members of a group share the partitions; what they have committed is how far the group is, and the lag is what is left to read. Of a share group each record goes to one member and is acknowledged by itself; its lag is what it is not done with."
    >
      <Shown query={groups} what="Groups">
        {({ items, missing, untold }) => (
          <>
            {missing.length > 0 && <Notice tone="bad">Missing topics: {missing.join(', ')}</Notice>}
            {untold.length > 0 && (
              <Notice tone="warn">Kafka did not tell in time where these stand: {untold.join(', ')}</Notice>
            )}
            <section className="card">
              {items.length === 0 ? (
                <Empty title="No groups yet" />
              ) : (
                <DataTable
                  label="Consumer groups"
                  rows={items}
                  columns={columns}
                  keyOf={({ groupId }) => groupId}
                  selected={chosen}
                  leastWidth="52rem"
                  height="22rem"
                />
              )}
            </section>
            {chosen !== undefined && <Details group={items.find(({ groupId }) => groupId === chosen)} name={chosen} />}
          </>
        )}
      </Shown>
    </Page>
  )
}

const Details = ({ group, name }: { group: Group | undefined; name: string }) => {
  const [resetting, setResetting] = useState(false)
  const groups = useQuery({ ...groupsQuery, enabled: false })
  if (group === undefined)
    return (
      <Card title={name}>
        <Empty title="There is no such group" />
      </Card>
    )
  const history = historyOf(name)
  return (
    <>
      <Members group={group} history={history} />
      <Card
        title="Partitions"
        flush
        aside={
          <May ask="POST /api/groups/:group/offsets">
            <button type="button" className="button" data-size="small" onClick={() => setResetting(true)}>
              Reset offsets …
            </button>
          </May>
        }
      >
        <DataTable
          label={`Partitions of ${name}`}
          rows={group.partitions}
          columns={partitionColumns(group.type, history)}
          keyOf={({ topic, partition }) => `${topic}/${partition}`}
          leastWidth="52rem"
          height="24rem"
        />
      </Card>
      {resetting && (
        <ResetOffsets group={group} onClose={() => setResetting(false)} onDone={() => void groups.refetch()} />
      )}
    </>
  )
}
