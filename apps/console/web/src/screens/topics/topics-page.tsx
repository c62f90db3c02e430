import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Topic, Topics } from '../../server/types.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import { topicsRoute } from './route.ts'

type Partition = Topic['partitions'][number]

const held = (partitions: readonly Partition[]) =>
  partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)

const columns: readonly Column<Topic>[] = [
  {
    name: 'Topic',
    width: 'minmax(9rem, 2fr)',
    cell: ({ name }) => (
      <Link to="/topics" search={{ topic: name }} className="row-link mono">
        {name}
      </Link>
    ),
  },
  { name: 'Partitions', width: '6rem', end: true, cell: ({ partitions }) => partitions.length },
  {
    name: 'Offsets held',
    width: '9rem',
    end: true,
    cell: ({ partitions }) => held(partitions).toLocaleString(),
  },
  {
    name: 'Leaders',
    width: 'minmax(6rem, 1fr)',
    cell: ({ partitions }) => [...new Set(partitions.map(({ leader }) => leader))].sort().join(', '),
  },
]

const partitionColumns: readonly Column<Partition>[] = [
  { name: 'Partition', width: '5rem', end: true, cell: ({ partition }) => partition },
  {
    name: 'Leader',
    width: '6rem',
    end: true,
    cell: ({ leader }) => (leader < 0 ? 'none' : leader),
  },
  { name: 'First offset', width: 'minmax(7rem, 1fr)', end: true, cell: ({ earliest }) => earliest.toLocaleString() },
  { name: 'Next offset', width: 'minmax(7rem, 1fr)', end: true, cell: ({ latest }) => latest.toLocaleString() },
]

export const TopicsPage = () => {
  const { topic: chosen } = topicsRoute.useSearch()
  const topics = useQuery({
    queryKey: ['/api/topics'],
    queryFn: ({ signal }) => ask<Topics>('/api/topics', signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <Page
      title="Topics"
      lead="What services say to each other, in the order in which it was said: within a partition each record has the next offset."
    >
      <Shown query={topics} what="Topics">
        {({ items, missing }) => (
          <>
            {missing.length > 0 && <Notice tone="bad">Missing: {missing.join(', ')}</Notice>}
            <section className="card">
              <DataTable
                label="Topics"
                rows={items}
                columns={columns}
                keyOf={({ name }) => name}
                isSelected={({ name }) => name === chosen}
                leastWidth="34rem"
                height="26rem"
              />
            </section>
            {chosen !== undefined && <Partitions topic={items.find(({ name }) => name === chosen)} name={chosen} />}
          </>
        )}
      </Shown>
    </Page>
  )
}

const Partitions = ({ topic, name }: { topic: Topic | undefined; name: string }) => (
  <Card title={<span className="mono">{name}</span>} flush>
    {topic === undefined ? (
      <Empty title="There is no such topic" />
    ) : (
      <DataTable
        label={`Partitions of ${name}`}
        rows={topic.partitions}
        columns={partitionColumns}
        keyOf={({ partition }) => String(partition)}
        leastWidth="30rem"
        height="24rem"
      />
    )}
  </Card>
)
