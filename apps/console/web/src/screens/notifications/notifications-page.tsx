import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask, query } from '../../server/request.ts'
import type { Notification, Page as PageOf } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { Preferences } from './preferences.tsx'
import { notificationsRoute } from './route.ts'

const CHANNELS = ['email', 'sms', 'push']
const STATES = ['waiting', 'pending', 'sent', 'failed', 'skipped']

const columns: readonly Column<Notification>[] = [
  { name: 'When', width: '9.5rem', cell: ({ at }) => <Time at={at} /> },
  {
    name: 'Whom',
    width: 'minmax(7rem, 1fr)',
    cell: ({ customerId }) => (
      <Link to="/notifications" search={{ customerId }} className="row-link">
        {customerId}
      </Link>
    ),
  },
  { name: 'Of what', width: 'minmax(8rem, 1.2fr)', cell: ({ kind }) => kind.replaceAll('_', ' ') },
  {
    name: 'By',
    width: 'minmax(8rem, 1.2fr)',
    cell: ({ channel, to, replaces }) => (
      <span title={to}>
        {channel}
        {replaces && <span className="quiet"> in place of {replaces}</span>}
      </span>
    ),
  },
  { name: 'State', width: '6.5rem', cell: ({ status }) => <Status of={status} /> },
  { name: 'Tries', width: '4rem', cell: ({ tries }) => <span className="num">{tries ?? '–'}</span> },
  { name: 'Urgency', width: '5.5rem', cell: ({ priority }) => priority ?? '' },
  {
    name: 'Order',
    width: '7rem',
    cell: ({ orderId }) =>
      orderId && (
        <Link to="/orders/$orderId" params={{ orderId }} className="row-link mono">
          {orderId.slice(0, 8)}
        </Link>
      ),
  },
  { name: 'Why not', width: 'minmax(8rem, 1.6fr)', cell: ({ error }) => <span dir="auto">{error ?? ''}</span> },
]

/** What customers were told, by which channel, and what is still on its way. */
export const NotificationsPage = () => {
  const filter = notificationsRoute.useSearch()
  const path = `/api/notifications${query({ ...filter, limit: 500 })}`
  const told = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<PageOf<Notification>>(path, signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <Page
      title="Notifications"
      lead="What customers are told by mail, SMS and push, as they prefer it. What is over a customer’s hour, or would disturb a night, waits its turn."
    >
      <Filters filter={filter} />
      {filter.customerId && <Preferences customerId={filter.customerId} key={filter.customerId} />}
      <Card title="Told" flush aside={<span className="quiet">the newest 500</span>}>
        <Shown query={told} what="Notifications">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing that matches" />
            ) : (
              <DataTable
                label="Notifications"
                rows={items}
                columns={columns}
                keyOf={({ notificationId }) => notificationId}
                leastWidth="70rem"
                height="calc(100dvh - 20rem)"
              />
            )
          }
        </Shown>
      </Card>
    </Page>
  )
}

type Filter = ReturnType<typeof notificationsRoute.useSearch>

const Filters = ({ filter }: { filter: Filter }) => {
  const navigate = useNavigate()
  const search = (form: FormData) => {
    const given = [...form].flatMap(([name, value]) =>
      String(value).trim() === '' ? [] : [[name, String(value).trim()]],
    )
    void navigate({ to: '/notifications', search: Object.fromEntries(given) as Filter })
  }
  return (
    <search>
      <form className="filters" action={search} key={JSON.stringify(filter)}>
        <label className="field">
          Customer
          <input
            type="search"
            name="customerId"
            defaultValue={filter.customerId}
            placeholder="cust-0001"
            maxLength={64}
          />
        </label>
        <label className="field">
          Order
          <input type="search" name="orderId" defaultValue={filter.orderId} maxLength={36} />
        </label>
        <Choice name="channel" label="Channel" values={CHANNELS} chosen={filter.channel} />
        <Choice name="status" label="State" values={STATES} chosen={filter.status} />
        <button type="submit" className="button">
          Search
        </button>
      </form>
    </search>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly label: string
  readonly values: readonly string[]
  readonly chosen: string | undefined
}

const Choice = ({ name, label, values, chosen }: ChoiceProps) => (
  <label className="field">
    {label}
    <select name={name} defaultValue={chosen ?? ''}>
      <option value="">any</option>
      {values.map((value) => (
        <option key={value}>{value}</option>
      ))}
    </select>
  </label>
)
