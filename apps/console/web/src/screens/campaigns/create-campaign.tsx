import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, query } from '../../server/request.ts'
import type { NotificationPreview } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { type Draft, emptyDraft, requestOf, TEMPLATES, type Template } from './draft.ts'

/** What is said, to whom and when; the text is shown as a customer would read it. */
export const CreateCampaign = ({ onClose, onDone }: { onClose: () => void; onDone: (answer: unknown) => void }) => {
  const [draft, setDraft] = useState(emptyDraft)
  const [openedAt] = useState(Date.now)
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const written = requestOf(draft, openedAt)
  return (
    <OperatorDialog
      title="A word to many customers"
      path="/api/campaigns"
      body={'request' in written ? written.request : {}}
      verb="Tell them"
      ready={'request' in written}
      onClose={onClose}
      onDone={onDone}
    >
      <label className="field">
        What
        <select value={draft.template} onChange={({ target }) => change({ template: target.value as Template })}>
          {Object.entries(TEMPLATES).map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {TEMPLATES[draft.template].values.map((name) => (
        <label className="field" key={name}>
          {name}
          <input
            value={draft.values[name] ?? ''}
            onChange={({ target }) => change({ values: { ...draft.values, [name]: target.value } })}
            maxLength={200}
            dir="auto"
          />
        </label>
      ))}
      <Preview template={draft.template} />
      <Whom draft={draft} onChange={change} />
      <label className="field">
        Not before
        <input type="datetime-local" value={draft.at} onChange={({ target }) => change({ at: target.value })} />
      </label>
      {'fault' in written && <Notice tone="warn">{written.fault}</Notice>}
    </OperatorDialog>
  )
}

const Whom = ({ draft, onChange }: { draft: Draft; onChange: (part: Partial<Draft>) => void }) => (
  <>
    <label className="field">
      Whom
      <select value={draft.whom} onChange={({ target }) => onChange({ whom: target.value as Draft['whom'] })}>
        <option value="everybody">everybody</option>
        <option value="lately">who was told something lately</option>
        <option value="named">these customers</option>
      </select>
    </label>
    {draft.whom === 'lately' && (
      <label className="field">
        In the last days
        <input
          type="number"
          min={1}
          max={3_650}
          value={draft.days}
          onChange={({ target }) => onChange({ days: target.value })}
        />
      </label>
    )}
    {draft.whom === 'named' && (
      <label className="field">
        Customers
        <textarea
          className="mono"
          rows={3}
          value={draft.named}
          onChange={({ target }) => onChange({ named: target.value })}
          placeholder="cust-0001, cust-0002"
          spellCheck={false}
        />
      </label>
    )}
  </>
)

const Preview = ({ template }: { template: Template }) => {
  const path = `/api/notifications/preview${query({ template, channel: 'sms', locale: 'en' })}`
  const preview = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<NotificationPreview>(path, signal),
  })
  return preview.data ? (
    <Notice tone="idle">
      Filled with an example, as an SMS: <q dir="auto">{preview.data.text}</q>
    </Notice>
  ) : null
}
