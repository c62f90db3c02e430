import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { newKey } from '../../server/request.ts'
import type { Produced, Topic } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import { copyOf, type Draft, emptyDraft } from './draft.ts'
import { MessageBrowser } from './message-browser.tsx'
import { Produce, ProducedNotice } from './produce.tsx'
import { topicsQuery } from './queries.ts'
import { RecordCard } from './record-card.tsx'
import { lacking, type Partition } from './replicas.ts'
import { topicsRoute } from './route.ts'
import { TopicInside } from './topic-inside.tsx'
import type { TopicView } from './view.ts'
import './topics.css'

const PRODUCE = 'POST /api/topics/:topic/messages'

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
  {
    name: 'In sync',
    width: 'minmax(7rem, 1fr)',
    cell: ({ partitions }) => {
      const nodes = [...lacking(partitions).keys()]
      return nodes.length === 0 ? 'all' : <Badge tone="bad">not {nodes.join(', ')}</Badge>
    },
  },
]

export const TopicsPage = () => {
  const view = topicsRoute.useSearch()
  const topics = useQuery(topicsQuery)
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
                selected={view.topic}
                leastWidth="42rem"
                height={view.topic === undefined ? '40rem' : '17rem'}
              />
            </section>
            {view.topic !== undefined && (
              <OneTopic
                key={view.topic}
                topic={items.find(({ name }) => name === view.topic)}
                name={view.topic}
                view={view}
              />
            )}
          </>
        )}
      </Shown>
    </Page>
  )
}

const OneTopic = ({ topic, name, view }: { topic: Topic | undefined; name: string; view: TopicView }) => {
  const [draft, setDraft] = useState<Draft>()
  const [produced, setProduced] = useState<Produced>()
  if (topic === undefined)
    return (
      <Card title={<span className="mono">{name}</span>}>
        <Empty title="There is no such topic" />
      </Card>
    )
  return (
    <>
      <h2 className="mono subject">{name}</h2>
      {produced && <ProducedNotice produced={produced} />}
      <MessageBrowser
        topic={name}
        partitions={topic.partitions.length}
        view={view}
        actions={
          <May ask={PRODUCE}>
            <button
              type="button"
              className="button"
              onClick={() => setDraft(emptyDraft(newKey(), new Date().toISOString()))}
            >
              Produce …
            </button>
          </May>
        }
      />
      {view.record !== undefined && (
        <RecordCard
          topic={name}
          record={view.record}
          view={view}
          actions={(record) =>
            // What is not shown whole cannot be said again.
            record.cutOf === undefined &&
            record.encoding === undefined && (
              <May ask={PRODUCE}>
                <button type="button" className="button" onClick={() => setDraft(copyOf(record, newKey()))}>
                  Produce a copy …
                </button>
              </May>
            )
          }
        />
      )}
      <TopicInside topic={topic} />
      {draft && <Produce topic={name} draft={draft} onClose={() => setDraft(undefined)} onProduced={setProduced} />}
    </>
  )
}
