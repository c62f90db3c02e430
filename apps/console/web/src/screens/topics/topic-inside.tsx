import { useQuery } from '@tanstack/react-query'
import { bytes as inWords } from '../../format/bytes.ts'
import type { Topic, TopicDetails } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Notice, Shown } from '../../ui/states.tsx'
import { topicQuery } from './queries.ts'
import { lacking, outOfSync, type Partition } from './replicas.ts'

const columns = (details: TopicDetails | undefined): readonly Column<Partition>[] => [
  { name: 'Partition', width: '5rem', end: true, cell: ({ partition }) => partition },
  { name: 'Leader', width: '6rem', end: true, cell: ({ leader }) => (leader < 0 ? 'none' : leader) },
  { name: 'Replicas', width: '6rem', cell: ({ replicas }) => replicas.join(', ') },
  { name: 'In sync', width: 'minmax(8rem, 1fr)', cell: (partition) => <InSync of={partition} /> },
  { name: 'First offset', width: 'minmax(7rem, 1fr)', end: true, cell: ({ earliest }) => earliest.toLocaleString() },
  { name: 'Next offset', width: 'minmax(7rem, 1fr)', end: true, cell: ({ latest }) => latest.toLocaleString() },
  {
    name: 'Size',
    width: '7rem',
    end: true,
    cell: ({ partition }) => {
      const size = details?.partitions.find((each) => each.partition === partition)
      return size === undefined ? '–' : inWords(size.bytes)
    },
  },
]

/** Its partitions and its settings. */
export const TopicInside = ({ topic }: { topic: Topic }) => {
  const details = useQuery(topicQuery(topic.name))
  const size = details.data && inWords(details.data.bytes)
  const away = [...lacking(topic.partitions)]
  return (
    <>
      {away.map(([node, copies]) => (
        <Notice key={node} tone="bad">
          Node {node} is not in sync: {copies} of {topic.partitions.length} partitions lack its copy.
        </Notice>
      ))}
      <Card title="Partitions" flush aside={size && <span className="quiet num">{size}</span>}>
        <DataTable
          label={`Partitions of ${topic.name}`}
          rows={topic.partitions}
          columns={columns(details.data)}
          keyOf={({ partition }) => String(partition)}
          leastWidth="46rem"
          height="24rem"
        />
      </Card>
      <Card title="Settings">
        <Shown query={details} what="Its settings">
          {({ settings }) => (
            <>
              <Settings settings={settings.filter(({ isDefault }) => !isDefault)} />
              <details>
                <summary>Those that are as the brokers have them</summary>
                <Settings settings={settings.filter(({ isDefault }) => isDefault)} />
              </details>
            </>
          )}
        </Shown>
      </Card>
    </>
  )
}

const InSync = ({ of }: { of: Partition }) => (
  <>
    {of.inSync.join(', ')} {outOfSync(of).length > 0 && <Badge tone="bad">not {outOfSync(of).join(', ')}</Badge>}
  </>
)

const Settings = ({ settings }: { settings: TopicDetails['settings'] }) => (
  <dl className="facts settings">
    {settings.map(({ name, value }) => (
      <div key={name}>
        <dt className="mono">{name}</dt>
        <dd className="mono">{value === '' || value === null ? '–' : value}</dd>
      </div>
    ))}
  </dl>
)
