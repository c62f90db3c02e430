import { duration } from '../../format/duration.ts'
import type { Group } from '../../server/types.ts'
import { Card } from '../../ui/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import type { GroupHistory, Rebalance } from './history.ts'

/** Who is in the group and reads what, and how that has changed since the page was opened. */
export const Members = ({ group, history }: { group: Group; history: GroupHistory | undefined }) => (
  <>
    <Card title={`Members of ${group.groupId}`}>
      {group.members.length === 0 ? (
        <Empty title="Nobody is in it now" />
      ) : (
        <ul className="plain members">
          {group.members.map(({ memberId, clientId, host, assignment }) => (
            <li key={memberId} dir="auto">
              <strong>{clientId}</strong> <span className="quiet mono">{memberId}</span> {host}
              <br />
              {Object.entries(assignment).map(([topic, partitions]) => (
                <span key={topic} className="assigned">
                  <span className="mono">{topic}</span> {partitions.toSorted((a, b) => a - b).join(', ')}
                </span>
              ))}
              {Object.keys(assignment).length === 0 && <span className="quiet">reads nothing now</span>}
            </li>
          ))}
        </ul>
      )}
    </Card>
    {group.type === 'consumer' && <Rebalances history={history} />}
  </>
)

const Rebalances = ({ history }: { history: GroupHistory | undefined }) => (
  <Card title="Rebalances" aside={<span className="quiet">{sinceOf(history)}</span>}>
    {history === undefined || history.rebalances.length === 0 ? (
      <p className="quiet">None was seen: every partition is with whom it was.</p>
    ) : (
      <ol className="plain rebalances">
        {history.rebalances.map((rebalance) => (
          <Seen key={rebalance.at} {...rebalance} />
        ))}
      </ol>
    )}
  </Card>
)

const sinceOf = (history: GroupHistory | undefined): string => {
  const first = history?.samples[0]?.at
  const last = history?.samples.at(-1)?.at
  if (first === undefined || last === undefined) return ''
  return last === first ? 'seen by this page, from now on' : `seen by this page, for ${duration(last - first)}`
}

const Seen = ({ at, joined, left, moved }: Rebalance) => (
  <li>
    <Time at={new Date(at).toISOString()} />{' '}
    {[
      ...joined.map((member) => `${member} joined`),
      ...left.map((member) => `${member} left`),
      `${moved.length} ${moved.length === 1 ? 'partition' : 'partitions'} moved`,
    ].join(', ')}
    <details>
      <summary>which, and to whom</summary>
      <ul className="plain quiet">
        {moved.map(({ place, from, to }) => (
          <li key={place}>
            <span className="mono">{place}</span>: {from ?? 'nobody'} → {to ?? 'nobody'}
          </li>
        ))}
      </ul>
    </details>
  </li>
)
