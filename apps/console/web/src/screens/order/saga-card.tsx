import { useState } from 'react'
import { duration } from '../../format/duration.ts'
import type { Saga } from '../../server/types.ts'
import { Status, toneOf } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { useNow } from '../../ui/use-now.ts'
import { Time } from '../../ui/values.tsx'
import { type Stage, type Step, stagesOf } from './saga-stages.ts'

type Asked = { readonly what: 'retry' | 'skip'; readonly step: string } | { readonly what: 'compensate' }

interface Props {
  readonly saga: Saga
  /** It is shown as it was: nothing can be asked for there. */
  readonly isPast: boolean
  readonly onDone: () => void
}

/** The steps of a saga, those that undo it, and what an operator may ask for. */
export const SagaCard = ({ saga, isPast, onDone }: Props) => {
  const [asked, setAsked] = useState<Asked>()
  const { forward, undoing } = stagesOf(saga)
  const isOpen = !isPast && OPEN.has(saga.state)
  return (
    <div className="saga">
      {saga.error && <Notice tone="bad">{saga.error}</Notice>}
      <Stages stages={forward} isOpen={isOpen} onAsk={setAsked} />
      {undoing.length > 0 && (
        <>
          <h3>Undoing</h3>
          <Stages stages={undoing} isOpen={isOpen} onAsk={setAsked} />
        </>
      )}
      <div className="saga-foot">
        {isOpen && saga.wakeAt && <Deadline at={saga.wakeAt} />}
        {isOpen && (
          <May ask="POST /api/sagas/:sagaId/compensate">
            <button
              type="button"
              className="button"
              data-kind="danger"
              data-size="small"
              onClick={() => setAsked({ what: 'compensate' })}
            >
              Undo everything
            </button>
          </May>
        )}
      </div>
      {asked && <Operation saga={saga} asked={asked} onClose={() => setAsked(undefined)} onDone={onDone} />}
    </div>
  )
}

const OPEN: ReadonlySet<Saga['state']> = new Set(['running', 'needs_attention', 'compensating'])

const Deadline = ({ at }: { at: string }) => {
  const left = Date.parse(at) - useNow()
  return (
    <span className="quiet">
      {left > 0 ? `looks again in ${duration(left)}` : 'looks again any moment'} (<Time at={at} />)
    </span>
  )
}

interface StagesProps {
  readonly stages: readonly Stage[]
  readonly isOpen: boolean
  readonly onAsk: (asked: Asked) => void
}

const Stages = ({ stages, isOpen, onAsk }: StagesProps) => (
  <ol className="stages">
    {stages.map(({ steps }) => (
      <li key={steps[0]!.name}>
        {steps.map(({ name, step }) => (
          <StepBox key={name} name={name} step={step} isOpen={isOpen} onAsk={onAsk} />
        ))}
      </li>
    ))}
  </ol>
)

const WAITING = new Set(['running', 'retrying', 'stuck'])

const StepBox = ({
  name,
  step,
  isOpen,
  onAsk,
}: {
  name: string
  step: Step | undefined
  isOpen: boolean
  onAsk: StagesProps['onAsk']
}) => (
  <div
    className="step"
    data-tone={step ? toneOf(step.status) : undefined}
    data-waiting={step === undefined || undefined}
  >
    <strong>{name}</strong>
    {step === undefined && <span className="quiet">still to come</span>}
    {step && (
      <>
        <span>
          <Status of={step.status} /> {step.attempts > 1 && `${step.attempts} attempts`}
        </span>
        {step.endedAt && (
          <span className="quiet num">{duration(Date.parse(step.endedAt) - Date.parse(step.startedAt))}</span>
        )}
        {step.error && <span>{step.error}</span>}
        {step.vouchedFor && <span>vouched for: {step.vouchedFor}</span>}
        {isOpen && WAITING.has(step.status) && (
          <May ask="POST /api/sagas/:sagaId/steps/:step/retry">
            <span className="step-actions">
              <button
                type="button"
                className="button"
                data-size="small"
                onClick={() => onAsk({ what: 'retry', step: name })}
              >
                Retry
              </button>
              <button
                type="button"
                className="button"
                data-size="small"
                onClick={() => onAsk({ what: 'skip', step: name })}
              >
                Skip
              </button>
            </span>
          </May>
        )}
      </>
    )}
  </div>
)

const Operation = ({
  saga,
  asked,
  onClose,
  onDone,
}: {
  saga: Saga
  asked: Asked
  onClose: () => void
  onDone: () => void
}) => {
  const base = `/api/sagas/${saga.sagaId}`
  if (asked.what === 'compensate')
    return (
      <OperatorDialog
        title="Undo everything"
        path={`${base}/compensate`}
        verb="Undo"
        danger
        needsReason
        onClose={onClose}
        onDone={onDone}
      >
        <p>Everything that was done for this order is undone and the order is cancelled, unless the parcel has left.</p>
      </OperatorDialog>
    )
  const path = `${base}/steps/${asked.step}/${asked.what}`
  const isSkip = asked.what === 'skip'
  return (
    <OperatorDialog
      title={`${isSkip ? 'Skip' : 'Retry'} ${asked.step}`}
      path={path}
      verb={isSkip ? 'Skip' : 'Retry'}
      needsReason={isSkip}
      onClose={onClose}
      onDone={onDone}
    >
      <p>
        {isSkip
          ? 'You vouch that the step took place for which the saga waits in vain. Where money or goods hang on it, this is refused.'
          : 'The step is tried again now, with fresh patience. Its key stays the same, so nothing can happen twice.'}
      </p>
    </OperatorDialog>
  )
}
