import { useHealth } from '../../server/health.ts'
import { Status } from '../../ui/badge.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'

export const OverviewPage = () => {
  const health = useHealth()
  return (
    <Page title="Overview" lead="Each service, and whether it is well.">
      <Card title="Services">
        <Shown query={health}>
          {({ services }) => (
            <dl className="facts">
              {Object.entries(services).map(([name, { status }]) => (
                <div key={name} style={{ display: 'contents' }}>
                  <dt>{name}</dt>
                  <dd>
                    <Status of={status} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </Shown>
      </Card>
    </Page>
  )
}
