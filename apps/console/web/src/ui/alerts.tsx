import { useAlerts } from '../server/alerts.ts'
import { Badge } from './badge.tsx'

/** So many are told one by one; the rest is as many again of the same. */
const MOST_SHOWN = 5

/** What is firing, each with what to do about it and the screen that helps; nothing where nothing is. */
export const Alerts = () => {
  const { data: alerts = [] } = useAlerts()
  if (alerts.length === 0) return null
  return (
    <section className="alerts" aria-label="Alerts">
      <ul>
        {alerts.slice(0, MOST_SHOWN).map(({ alert, severity, summary, runbook, console, activeAt }) => (
          <li key={summary}>
            <Badge tone={severity === 'critical' ? 'bad' : 'warn'}>{alert}</Badge>
            <span title={`since ${activeAt}`}>{summary}</span>
            <span className="alert-links">
              <a href={console}>Look at it</a>
              <a href={runbook} target="_blank" rel="noreferrer" aria-label={`Runbook for ${alert}`}>
                Runbook
              </a>
            </span>
          </li>
        ))}
      </ul>
      {alerts.length > MOST_SHOWN && <p>and {alerts.length - MOST_SHOWN} more</p>}
    </section>
  )
}
