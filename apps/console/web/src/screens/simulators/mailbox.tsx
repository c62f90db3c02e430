import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { listQuery } from '../../server/list.ts'
import type { Mail } from '../../server/types.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { simulatorsRoute } from './route.ts'

const idOf = ({ messageId, receivedAt, to }: Mail) => messageId ?? `${receivedAt} ${to}`

/** What customers were told; a mail is shown as the text that it is. */
export const Mailbox = () => {
  const { to, mail: chosen } = simulatorsRoute.useSearch()
  const navigate = useNavigate()
  const list = listQuery<Mail>('/api/simulators/mailbox', { to })
  const mails = useInfiniteQuery(list)
  const columns: readonly Column<Mail>[] = [
    { name: 'Received', width: '9.5rem', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
    { name: 'To', width: 'minmax(9rem, 1fr)', cell: (mail) => mail.to },
    {
      name: 'Subject',
      width: 'minmax(10rem, 2fr)',
      cell: (mail) => (
        <Link to="/simulators" search={{ ...(to && { to }), mail: idOf(mail) }} className="row-link">
          {mail.subject}
        </Link>
      ),
    },
  ]
  return (
    <Card
      title="Mailbox"
      flush
      aside={
        <form
          className="filters"
          key={to}
          action={(form) => {
            const address = String(form.get('to')).trim()
            void navigate({ to: '/simulators', search: address === '' ? {} : { to: address } })
          }}
        >
          <div className="field">
            <input
              type="search"
              name="to"
              aria-label="Whose mail"
              placeholder="whose mail"
              defaultValue={to}
              maxLength={200}
            />
          </div>
          <button type="submit" className="button" data-size="small">
            Show
          </button>
        </form>
      }
    >
      <Pages query={mails} queryKey={list.queryKey} what="Mails" empty={<Empty title="No mail yet" />}>
        {(items, more) => (
          <>
            <DataTable
              label="Mails"
              rows={items}
              columns={columns}
              keyOf={idOf}
              selected={chosen}
              onEnd={more}
              leastWidth="36rem"
              height="20rem"
            />
            <Letter mail={items.find((mail) => idOf(mail) === chosen)} />
          </>
        )}
      </Pages>
    </Card>
  )
}

const Letter = ({ mail }: { mail: Mail | undefined }) =>
  mail && (
    <article className="letter" aria-label={mail.subject} dir="auto">
      <h3>{mail.subject}</h3>
      <p className="quiet">
        from {mail.from} to {mail.to}
      </p>
      <pre>{mail.text}</pre>
    </article>
  )
