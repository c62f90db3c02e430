import { Link } from '@tanstack/react-router'
import type { TopicRecord } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Time } from '../../ui/values.tsx'
import type { TopicView } from './view.ts'

interface Props {
  readonly topic: string
  readonly view: TopicView
  readonly records: readonly TopicRecord[]
}

/** Of a value in its row; the whole of it stands with the message. */
const MOST_SHOWN = 200

const recordOf = ({ partition, offset }: TopicRecord) => `${partition}/${offset}`

export const MessageTable = ({ topic, view, records }: Props) => {
  const columns: readonly Column<TopicRecord>[] = [
    { name: 'Published', width: '9.5rem', cell: ({ publishedAt }) => <Time at={publishedAt} /> },
    {
      name: 'Partition / offset',
      width: '7.5rem',
      cell: (record) => (
        <Link to="/topics" search={{ ...view, record: recordOf(record) }} className="row-link mono" resetScroll={false}>
          {record.partition} / {record.offset}
        </Link>
      ),
    },
    {
      name: 'Type',
      width: 'minmax(9rem, 1.2fr)',
      cell: ({ type, reading }) => (reading.readable ? type : <Badge tone="bad">{type ?? 'no message of ours'}</Badge>),
    },
    {
      name: 'Version',
      width: '4.5rem',
      end: true,
      cell: ({ type, dataVersion }) => (type === null ? '' : dataVersion),
    },
    { name: 'Key', width: 'minmax(6rem, 1fr)', cell: ({ key }) => key ?? <span className="quiet">none</span> },
    {
      name: 'Value',
      width: 'minmax(10rem, 3fr)',
      cell: ({ data }) => <span className="mono quiet">{beginningOf(data)}</span>,
    },
  ]
  return (
    <DataTable
      label={`Messages of ${topic}`}
      rows={records}
      columns={columns}
      keyOf={recordOf}
      selected={view.record}
      leastWidth="56rem"
      height="30rem"
    />
  )
}

const beginningOf = (data: unknown): string =>
  data === null
    ? 'no value (a tombstone)'
    : (typeof data === 'string' ? data : JSON.stringify(data)).slice(0, MOST_SHOWN)
