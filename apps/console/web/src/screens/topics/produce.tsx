import { useState } from 'react'
import type { Produced } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { faultIn } from '../../ui/typed.ts'
import { bodyOf, type Draft } from './draft.ts'

interface Props {
  readonly topic: string
  readonly draft: Draft
  readonly onClose: () => void
  readonly onProduced: (produced: Produced) => void
}

/** A test message, after a warning: whoever consumes the topic acts on it. */
export const Produce = ({ topic, draft, onClose, onProduced }: Props) => {
  const [written, setWritten] = useState(draft)
  const fault = faultIn(written.value)
  const change = (part: Partial<Draft>) => setWritten({ ...written, ...part })
  return (
    <OperatorDialog
      title="Produce a test message"
      path={`/api/topics/${encodeURIComponent(topic)}/messages`}
      body={bodyOf(written)}
      verb="Produce"
      needsReason
      danger
      onClose={onClose}
      onDone={(answer) => onProduced(answer as Produced)}
    >
      <Notice tone="warn">
        <span>
          This is no rehearsal: it goes into <span className="mono">{topic}</span>, and services act on it as on any
          other message. It stays there, and nobody can take it back.
        </span>
      </Notice>
      <label className="field">
        Key
        <input
          className="mono"
          value={written.key}
          onChange={({ target }) => change({ key: target.value })}
          maxLength={300}
          required
          dir="auto"
        />
      </label>
      <label className="field">
        Headers, one in a line
        <textarea
          className="mono"
          rows={8}
          value={written.headers}
          onChange={({ target }) => change({ headers: target.value })}
          spellCheck={false}
          dir="auto"
        />
      </label>
      <label className="field">
        Value
        <textarea
          className="mono"
          rows={8}
          value={written.value}
          onChange={({ target }) => change({ value: target.value })}
          spellCheck={false}
          dir="auto"
        />
      </label>
      {fault !== undefined && <Notice tone="warn">This is no JSON: {fault}</Notice>}
      <label className="check">
        <input type="checkbox" required /> I know that services will act on it
      </label>
    </OperatorDialog>
  )
}

/** What became of it. */
export const ProducedNotice = ({ produced: { reading, topic } }: { produced: Produced }) => (
  <Notice tone={reading.readable ? 'ok' : 'warn'}>
    {reading.readable
      ? `On its way into ${topic}: look again, or follow live.`
      : `On its way into ${topic}. Consumers cannot read it, and will park it: ${reading.detail}`}
  </Notice>
)
