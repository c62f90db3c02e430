import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Group, Groups } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import { groupsRoute } from './route.ts'

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
  {
    name: 'State',
    width: '10rem',
    cell: ({ state }) => <Badge tone={STABLE.has(state) ? 'ok' : 'warn'}>{state}</Badge>,
  },
  { name: 'Members', width: '6rem', end: true, cell: ({ members }) => members.length },
  { name: 'Lag', width: '8rem', end: true, cell: ({ lag }) => lag.toLocaleString() },
]

const partitionColumns: readonly Column<Group['partitions'][number]>[] = [
  { name: 'Topic', width: 'minmax(9rem, 2fr)', cell: ({ topic }) => <span className="mono">{topic}</span> },
  { name: 'Partition', width: '5rem', end: true, cell: ({ partition }) => partition },
  {
    name: 'Committed',
    width: '8rem',
    end: true,
    cell: ({ offset }) => (offset < 0 ? 'nothing yet' : offset.toLocaleString()),
  },
  { name: 'Next offset', width: '8rem', end: true, cell: ({ latest }) => latest.toLocaleString() },
  { name: 'Lag', width: '7rem', end: true, cell: ({ lag }) => lag.toLocaleString() },
]

export const GroupsPage = () => {
  const { group: chosen } = groupsRoute.useSearch()
  const groups = useQuery({
    queryKey: ['/api/groups'],
    queryFn: ({ signal }) => ask<Groups>('/api/groups', signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <Page
      title="Consumer groups"
      lead="Members of a group share the partitions; what they have committed is how far the group is, and the lag is what is left to read."
    >
      <Shown query={groups} what="Groups">
        {({ items, missing }) => (
          <>
            {missing.length > 0 && <Notice tone="bad">Missing topics: {missing.join(', ')}</Notice>}
            <section className="card">
              {items.length === 0 ? (
                <Empty title="No groups yet" />
              ) : (
                <DataTable
                  label="Consumer groups"
                  rows={items}
                  columns={columns}
                  keyOf={({ groupId }) => groupId}
                  isSelected={({ groupId }) => groupId === chosen}
                  leastWidth="36rem"
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
  if (group === undefined)
    return (
      <Card title={name}>
        <Empty title="There is no such group" />
      </Card>
    )
  return (
    <>
      <Card title={`Members of ${name}`}>
        {group.members.length === 0 ? (
          <Empty title="Nobody is in it now" />
        ) : (
          <ul className="plain">
            {group.members.map(({ memberId, clientId, host }) => (
              <li key={memberId} dir="auto">
                <strong>{clientId}</strong> <span className="quiet mono">{memberId}</span> {host}
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="Partitions" flush>
        <DataTable
          label={`Partitions of ${name}`}
          rows={group.partitions}
          columns={partitionColumns}
          keyOf={({ topic, partition }) => `${topic}/${partition}`}
          leastWidth="40rem"
          height="24rem"
        />
      </Card>
    </>
  )
}
