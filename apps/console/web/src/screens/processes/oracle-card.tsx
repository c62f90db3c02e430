import { useQuery } from '@tanstack/react-query'
import { count } from '../../format/money.ts'
import type { OracleAnswer } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { oracleQuery } from './queries.ts'
import { type Promised, promisesOf, type Verdict, verdictOf } from './verdict.ts'

const TONES: Readonly<Record<Verdict, 'ok' | 'bad' | 'warn'>> = {
  'all hold': 'ok',
  broken: 'bad',
  'not all seen': 'warn',
}

/** Whether the system keeps its promises, while it is broken on purpose. */
export const OracleCard = () => {
  const oracle = useQuery(oracleQuery)
  return (
    <Card title="Oracle" aside={oracle.data && <VerdictBadge of={oracle.data} />}>
      <Shown query={oracle} what="Promises">
        {(answer) => (
          <ul className="promises">
            {promisesOf(answer).map((promised) => (
              <li key={promised.name}>
                <PromiseBox {...promised} />
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Card>
  )
}

const VerdictBadge = ({ of }: { of: OracleAnswer }) => (
  <span className="page-actions">
    <span className="quiet">
      <Time at={of.checkedAt} as="age" />
    </span>
    <Badge tone={TONES[verdictOf(of)]}>{verdictOf(of)}</Badge>
  </span>
)

const PromiseBox = ({ title, check, missing }: Promised) => (
  <div className="promise" data-tone={check === undefined ? 'warn' : check.violations > 0 ? 'bad' : 'ok'}>
    <h3>{title}</h3>
    {check === undefined ? (
      <p>not seen: {missing ?? 'not asked'}</p>
    ) : (
      <>
        <p className="num" title={check.promise}>
          <strong>{count(check.violations)}</strong> of {count(check.of)} {check.unit}
        </p>
        {check.sample.length > 0 && (
          <ul className="plain" dir="auto">
            {check.sample.map((said) => (
              <li key={said}>{said}</li>
            ))}
          </ul>
        )}
      </>
    )}
  </div>
)
