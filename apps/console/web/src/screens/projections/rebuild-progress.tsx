import { duration } from '../../format/duration.ts'
import { count } from '../../format/money.ts'
import type { ProjectionVersion } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { Notice } from '../../ui/states.tsx'
import { type Comparison, differencesOf, isSame, wayOf } from './rebuild.ts'

/** How far the version that is being built has come, and what it differs in. */
export const RebuildProgress = ({ version }: { version: ProjectionVersion }) => (
  <section className="rebuild" aria-label={`Rebuild to version ${version.version}`}>
    <h3>
      Version {version.version}, {version.automatic ? 'switches by itself' : 'waits for a person when it is ready'}
    </h3>
    <ol className="way">
      {wayOf(version)?.map(({ stage, is }) => (
        <li key={stage} data-is={is} aria-current={is === 'now' ? 'step' : undefined}>
          <Badge tone={is === 'now' ? (stage === 'ready' ? 'warn' : 'run') : is === 'done' ? 'ok' : 'idle'}>
            {stage}
          </Badge>
        </li>
      ))}
    </ol>
    <progress max={100} value={version.percent ?? 0} aria-label={`How much of version ${version.version} is filled`} />
    <p className="num">{progressSays(version)}</p>
    {version.detail && <Notice tone="warn">{version.detail}</Notice>}
    {version.incomplete.length > 0 && (
      <Notice tone="warn">
        The topics no longer begin at their beginning:{' '}
        {version.incomplete.map(({ partition, beginsAt }) => `${partition} from ${count(beginsAt)} on`).join(', ')}
      </Notice>
    )}
    {version.comparison && <Differences comparison={version.comparison} />}
  </section>
)

const progressSays = ({ percent, position, end, records, skipped, recordsPerSecond, secondsLeft }: ProjectionVersion) =>
  [
    percent !== undefined && `${Math.floor(percent)} %`,
    position !== undefined && end !== undefined
      ? `${count(position)} of ${count(end)} records`
      : `${count(records)} records`,
    skipped > 0 && `${count(skipped)} left out, for they could not be handled`,
    recordsPerSecond !== undefined && recordsPerSecond > 0 && `${count(recordsPerSecond)} per second`,
    typeof secondsLeft === 'number' && secondsLeft > 0 && `some ${duration(secondsLeft * 1_000)} to go`,
  ]
    .filter((part) => part !== false)
    .join(' · ')

export const Differences = ({ comparison }: { comparison: Comparison }) => (
  <>
    <dl className="differences">
      {differencesOf(comparison).map(({ name, rows, means }) => (
        <div key={name} data-some={rows > 0 || undefined} title={means}>
          <dt>{name}</dt>
          <dd className="num">{count(rows)}</dd>
        </div>
      ))}
    </dl>
    <p className="quiet">
      {isSame(comparison) ? 'The same' : 'Compared'}, of {count(comparison.candidate)} rows here and{' '}
      {count(comparison.serving)} in version {comparison.comparedWith}.
    </p>
    {comparison.sample.length > 0 && (
      <p dir="auto">
        Among them: <span className="mono">{comparison.sample.join(', ')}</span>
      </p>
    )}
  </>
)
