import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { count } from '../../format/money.ts'
import type { Campaign } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { CreateCampaign } from './create-campaign.tsx'
import { segmentSays, TEMPLATES } from './draft.ts'
import { OneCampaign } from './one-campaign.tsx'
import { campaignsQuery } from './queries.ts'
import { campaignsRoute } from './route.ts'

const columns: readonly Column<Campaign>[] = [
  {
    name: 'What',
    width: 'minmax(9rem, 1.5fr)',
    cell: ({ campaignId, template }) => (
      <Link to="/campaigns" search={{ campaign: campaignId }} className="row-link">
        {TEMPLATES[template].label}
      </Link>
    ),
  },
  { name: 'Whom', width: 'minmax(10rem, 2fr)', cell: ({ segment }) => segmentSays(segment) },
  { name: 'State', width: '7rem', cell: ({ state }) => <Status of={state} /> },
  { name: 'Told', width: '6rem', end: true, cell: ({ told }) => count(told) },
  { name: 'Of', width: '6rem', end: true, cell: ({ total }) => count(total) },
  { name: 'Not before', width: '9rem', cell: ({ at }) => <Time at={at} /> },
  { name: 'By', width: 'minmax(6rem, 1fr)', cell: ({ createdBy }) => <span dir="auto">{createdBy}</span> },
]

/** What many customers are told, each once and at low priority. */
export const CampaignsPage = () => {
  const { campaign: chosen } = campaignsRoute.useSearch()
  const campaigns = useQuery(campaignsQuery)
  const client = useQueryClient()
  const navigate = useNavigate()
  const [creating, setCreating] = useState(false)
  const again = () => void client.invalidateQueries(campaignsQuery)
  const made = (answer: unknown) => {
    again()
    void navigate({ to: '/campaigns', search: { campaign: (answer as Campaign).campaignId } })
  }
  return (
    <Page
      title="Campaigns"
      lead="A word to many customers, each told once, as they prefer it, and never before anything that is urgent."
      actions={
        <May ask="POST /api/campaigns">
          <button type="button" className="button" data-kind="primary" onClick={() => setCreating(true)}>
            Tell customers …
          </button>
        </May>
      }
    >
      <Shown query={campaigns} what="Campaigns">
        {({ items }) => (
          <section className="card">
            {items.length === 0 ? (
              <Empty title="There was no campaign yet" />
            ) : (
              <DataTable
                label="Campaigns"
                rows={items}
                columns={columns}
                keyOf={({ campaignId }) => campaignId}
                selected={chosen}
                leastWidth="56rem"
                height="18rem"
              />
            )}
          </section>
        )}
      </Shown>
      {chosen && <OneCampaign key={chosen} campaignId={chosen} onChanged={again} />}
      {creating && <CreateCampaign onClose={() => setCreating(false)} onDone={made} />}
    </Page>
  )
}
