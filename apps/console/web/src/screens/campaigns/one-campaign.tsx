import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { count } from '../../format/money.ts'
import type { CampaignProgress } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Card } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Id, Time } from '../../ui/values.tsx'
import { segmentSays, TEMPLATES } from './draft.ts'
import { campaignQuery, pathOf } from './queries.ts'

type Command = 'pause' | 'resume' | 'cancel'

const COMMANDS: Readonly<Record<Command, { readonly verb: string; readonly means: string }>> = {
  pause: { verb: 'Pause', means: 'Nobody more is told; what is on its way arrives.' },
  resume: { verb: 'Resume', means: 'It goes on behind those who were told.' },
  cancel: { verb: 'Call off', means: 'Nobody more is told, for good; what is on its way arrives.' },
}

const POSSIBLE: Readonly<Record<CampaignProgress['state'], readonly Command[]>> = {
  ...{ scheduled: ['pause', 'cancel'], running: ['pause', 'cancel'], paused: ['resume', 'cancel'] },
  ...{ cancelled: [], completed: [] },
}

/** How far one campaign has come, what became of what was told, and what can be done about it. */
export const OneCampaign = ({ campaignId, onChanged }: { campaignId: string; onChanged: () => void }) => {
  const campaign = useQuery(campaignQuery(campaignId))
  const [asked, setAsked] = useState<Command>()
  const state = campaign.data?.state
  return (
    <Card
      title={campaign.data ? TEMPLATES[campaign.data.template].label : 'Campaign'}
      aside={
        state && (
          <May ask="POST /api/campaigns/:id/pause">
            <div className="page-actions">
              {POSSIBLE[state].map((command) => (
                <button
                  key={command}
                  type="button"
                  className="button"
                  data-size="small"
                  data-kind={command === 'cancel' ? 'danger' : undefined}
                  onClick={() => setAsked(command)}
                >
                  {COMMANDS[command].verb}
                </button>
              ))}
            </div>
          </May>
        )
      }
    >
      <Shown query={campaign} what="The campaign">
        {(shown) => <Progress campaign={shown} />}
      </Shown>
      {asked && (
        <OperatorDialog
          title={`${COMMANDS[asked].verb} the campaign`}
          path={`${pathOf(campaignId)}/${asked}`}
          verb={COMMANDS[asked].verb}
          danger={asked === 'cancel'}
          onClose={() => setAsked(undefined)}
          onDone={onChanged}
        >
          <p>{COMMANDS[asked].means}</p>
        </OperatorDialog>
      )}
    </Card>
  )
}

const Progress = ({ campaign }: { campaign: CampaignProgress }) => {
  const { state, told, total, notifications, at, startedAt, endedAt, createdBy, segment, values } = campaign
  return (
    <>
      <progress max={Math.max(total, 1)} value={told} aria-label="How many were told" />
      <p className="num">
        {count(told)} of {count(total)} customers told
      </p>
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <Status of={state} />
        </dd>
        <dt>For</dt>
        <dd>{segmentSays(segment)}</dd>
        {Object.entries(values ?? {}).map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </Fragment>
        ))}
        <dt>Notifications</dt>
        <dd className="num">
          {Object.entries(notifications)
            .map(([name, number]) => `${count(number)} ${name}`)
            .join(' · ')}
        </dd>
        <dt>{startedAt ? 'Began' : 'Begins'}</dt>
        <dd>
          <Time at={startedAt ?? at} as="full" />
        </dd>
        {endedAt && (
          <>
            <dt>Ended</dt>
            <dd>
              <Time at={endedAt} as="full" />
            </dd>
          </>
        )}
        <dt>Made by</dt>
        <dd dir="auto">{createdBy}</dd>
        <dt>Campaign</dt>
        <dd>
          <Id value={campaign.campaignId} what="campaign" />
        </dd>
      </dl>
    </>
  )
}
