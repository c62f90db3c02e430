import { count } from '../../format/money.ts'
import type { Projection, ProjectionVersion } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Time } from '../../ui/values.tsx'
import { comparisonSays } from './rebuild.ts'

const columns: readonly Column<ProjectionVersion>[] = [
  { name: 'Version', width: '4.5rem', cell: ({ version }) => version },
  { name: 'State', width: '7rem', cell: ({ state }) => <Status of={state} /> },
  { name: 'Since', width: '9.5rem', cell: ({ since }) => <Time at={since} /> },
  { name: 'Records read', width: '7rem', end: true, cell: ({ records }) => count(records) },
  { name: 'Differences', width: 'minmax(10rem, 1.5fr)', cell: ({ comparison }) => comparisonSays(comparison) },
  { name: 'Asked for by', width: 'minmax(7rem, 1fr)', cell: ({ requestedBy }) => requestedBy },
  {
    name: 'Why, and what became of it',
    width: 'minmax(9rem, 2fr)',
    cell: ({ reason, detail }) => whatOf(reason, detail),
  },
]

const whatOf = (...said: readonly (string | undefined)[]): string => said.filter(Boolean).join(' · ')

/** Every version that there was, the newest first. */
export const Versions = ({ projection: { name, versions } }: { projection: Projection }) => (
  <Card title="Versions" flush>
    <DataTable
      label={`Versions of ${name}`}
      rows={versions.toSorted((a, b) => b.version - a.version)}
      columns={columns}
      keyOf={({ version }) => String(version)}
      leastWidth="62rem"
      height="20rem"
    />
  </Card>
)
