import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useMe } from '../server/me.ts'
import { explain } from '../server/problem.ts'
import { newKey, tell } from '../server/request.ts'
import { Dialog } from './dialog.tsx'
import { Notice } from './states.tsx'

interface Props {
  readonly title: string
  /** What will happen, in words. */
  readonly children?: ReactNode
  readonly path: string
  /** Default POST. */
  readonly method?: 'POST' | 'PATCH' | 'DELETE'
  /** What is sent beside the reason. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly needsReason?: boolean
  readonly danger?: boolean
  readonly verb: string
  /** Whether what is asked for is complete; default true. */
  readonly ready?: boolean
  readonly onClose: () => void
  /** Is given the answer. */
  readonly onDone: (answer: unknown) => void
}

const ACTOR = 'waybill-actor'

/** Asks why, and who does it where nobody has logged in, and does it once: a repetition after a failure is the same request. */
export const OperatorDialog = ({
  title,
  children,
  path,
  method = 'POST',
  body = {},
  needsReason = false,
  danger = false,
  verb,
  ready = true,
  onClose,
  onDone,
}: Props) => {
  const [key] = useState(newKey)
  const { data: me } = useMe()
  const [actor, setActor] = useState(() => localStorage.getItem(ACTOR) ?? '')
  const [reason, setReason] = useState('')
  const work = useMutation({
    mutationFn: () =>
      tell(method, path, { key, actor, body: { ...body, ...(reason.trim() !== '' && { reason: reason.trim() }) } }),
    onSuccess: ({ body: answer }) => {
      localStorage.setItem(ACTOR, actor)
      onDone(answer)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    work.mutate()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        {me?.auth === 'oidc' ? (
          <p>
            On record as <strong>{me.subject}</strong>.
          </p>
        ) : (
          <label className="field">
            Who you are
            <input
              value={actor}
              onChange={(event) => setActor(event.target.value)}
              maxLength={64}
              autoComplete="username"
              required
            />
          </label>
        )}
        <label className="field">
          {needsReason ? 'Why' : 'Why (may be left out)'}
          <textarea
            rows={2}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={1_000}
            required={needsReason}
          />
        </label>
        {work.isError && <Notice tone="bad">{`${explain(work.error).what}: ${explain(work.error).todo}`}</Notice>}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button"
            data-kind={danger ? 'danger' : 'primary'}
            disabled={work.isPending || !ready}
          >
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
