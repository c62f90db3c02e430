import { duration } from '../../format/duration.ts'
import { count } from '../../format/money.ts'
import type { SystemProcess } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'
import { useNow } from '../../ui/use-now.ts'
import { Copy, Time } from '../../ui/values.tsx'
import { type Command, leftOf, memorySays } from './consequences.ts'

interface Props {
  readonly process: SystemProcess
  readonly onAsk: (command: Command) => void
}

const VERBS: Readonly<Record<Command, string>> = { kill: 'Kill −9', pause: 'Pause', resume: 'Resume' }

export const ProcessCard = ({ process, onAsk }: Props) => (
  <Card title={process.name} aside={<Status of={process.state} />}>
    <div className="process">
      {process.byHand === undefined ? <Facts process={process} /> : <ByHand commands={process.byHand} />}
      {process.commands.length > 0 && (
        <div className="page-actions">
          <May ask="POST /api/processes/:process/:command">
            {process.commands.toReversed().map((command) => (
              <button
                key={command}
                type="button"
                className="button"
                data-size="small"
                data-kind={command === 'kill' ? 'danger' : undefined}
                aria-label={`${VERBS[command]} ${process.name}`}
                onClick={() => onAsk(command)}
              >
                {VERBS[command]}
              </button>
            ))}
          </May>
          {process.pausedUntil && <GoesOn at={process.pausedUntil} />}
        </div>
      )}
      {process.byHand === undefined && <LastLines process={process} />}
    </div>
  </Card>
)

const Facts = ({ process: { pid, startedAt, restarts, memoryBytes, lastEnd } }: { process: SystemProcess }) => (
  <dl className="facts">
    <dt>Started</dt>
    <dd>{startedAt === null ? '–' : <Time at={startedAt} as="age" />}</dd>
    <dt>Restarts</dt>
    <dd className="num">
      {count(restarts)}
      {lastEnd && (
        <>
          {' '}
          <span className="quiet">
            {lastEnd.cause} <Time at={lastEnd.at} as="age" />
          </span>
        </>
      )}
    </dd>
    <dt>Memory</dt>
    <dd className="num">{memorySays(memoryBytes)}</dd>
    <dt>Pid</dt>
    <dd className="num">{pid ?? '–'}</dd>
  </dl>
)

const GoesOn = ({ at }: { at: string }) => (
  <span className="quiet num">goes on in {duration(leftOf(at, useNow()))}</span>
)

const LastLines = ({ process: { lines } }: { process: SystemProcess }) => (
  <details>
    <summary>Last log lines</summary>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
    <pre className="code last-lines" tabIndex={0} dir="auto">
      <span>{lines.length === 0 ? 'It has said nothing yet.' : lines.join('\n')}</span>
    </pre>
  </details>
)

const ByHand = ({ commands }: { commands: NonNullable<SystemProcess['byHand']> }) => (
  <ul className="by-hand">
    {Object.entries(commands).map(([what, command]) => (
      <li key={what}>
        <code>{command}</code>
        <Copy text={command} what={command} />
      </li>
    ))}
  </ul>
)
