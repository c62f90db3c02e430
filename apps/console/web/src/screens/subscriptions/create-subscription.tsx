import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '../../server/problem.ts'
import { tell } from '../../server/request.ts'
import type { FilterPreview } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { type Draft, deliverOf, emptyDraft, filterOf } from './draft.ts'

const WHERE: Readonly<Record<Draft['to'], { readonly label: string; readonly placeholder: string }>> = {
  webhook: { label: 'URL', placeholder: 'https://example.com/hook' },
  email: { label: 'Address', placeholder: 'ops@example.com' },
  queue: { label: 'Name of the queue', placeholder: 'all-orders' },
}

/** Who is to be told of what; what the filter means can be tried on the newest messages first. */
export const CreateSubscription = ({ onClose, onDone }: { onClose: () => void; onDone: () => void }) => {
  const [draft, setDraft] = useState(emptyDraft)
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const written = filterOf(draft)
  const filter = 'filter' in written ? written.filter : undefined
  const { label, placeholder } = WHERE[draft.to]
  return (
    <OperatorDialog
      title="Subscribe"
      path="/api/subscriptions"
      body={{ filter, deliver: deliverOf(draft) }}
      verb="Subscribe"
      ready={filter !== undefined}
      onClose={onClose}
      onDone={onDone}
    >
      <label className="field">
        Types: * is one word, # any number
        <input
          className="mono"
          value={draft.types}
          onChange={({ target }) => change({ types: target.value })}
          required
        />
      </label>
      <label className="field">
        Conditions on the data, one in a line
        <textarea
          className="mono"
          rows={3}
          value={draft.conditions}
          onChange={({ target }) => change({ conditions: target.value })}
          placeholder="/total/amount >= 10000"
          spellCheck={false}
          dir="auto"
        />
      </label>
      {'fault' in written ? <Notice tone="warn">{written.fault}</Notice> : <TryFilter filter={written.filter} />}
      <label className="field">
        Told by
        <select value={draft.to} onChange={({ target }) => change({ to: target.value as Draft['to'] })}>
          <option value="webhook">webhook</option>
          <option value="email">mail</option>
          <option value="queue">queue</option>
        </select>
      </label>
      <label className="field">
        {label}
        <input
          className="mono"
          value={draft.where}
          onChange={({ target }) => change({ where: target.value })}
          placeholder={placeholder}
          maxLength={2_000}
          required
        />
      </label>
      {draft.to === 'webhook' && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.ordered}
            onChange={({ target }) => change({ ordered: target.checked })}
          />{' '}
          One after the other for each customer
        </label>
      )}
    </OperatorDialog>
  )
}

const TryFilter = ({ filter }: { filter: object }) => {
  const wanted = JSON.stringify(filter)
  const trial = useMutation({
    mutationFn: async () => ({
      wanted,
      ...(await tell<FilterPreview>('POST', '/api/subscriptions/preview', { body: { filter } })).body,
    }),
  })
  const said = trial.data?.wanted === wanted ? trial.data : undefined
  return (
    <div>
      <button
        type="button"
        className="button"
        data-size="small"
        onClick={() => trial.mutate()}
        disabled={trial.isPending}
      >
        Try it on the newest messages
      </button>
      {trial.isError && <Notice tone="bad">{explain(trial.error).todo}</Notice>}
      {said && (
        <Notice tone={said.items.length > 0 ? 'ok' : 'idle'}>
          {said.items.length} of the newest {said.looked} messages are meant
          {said.items[0] && `, the last one ${said.items[0].type} in ${said.items[0].topic}`}
          {said.types.length === 0 && ': there is no type of that name'}.
        </Notice>
      )}
    </div>
  )
}
