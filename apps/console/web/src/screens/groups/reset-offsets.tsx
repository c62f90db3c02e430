import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '../../server/problem.ts'
import { newKey, tell } from '../../server/request.ts'
import type { Group, ResetPlan } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { effectOf, type ResetForm, requestOf, type Target } from './reset-request.ts'

interface Props {
  readonly group: Group
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Has a group go on elsewhere: first a look at what that means, and only while nobody is in it. */
export const ResetOffsets = ({ group, onClose, onDone }: Props) => {
  const topics = [...new Set(group.partitions.map(({ topic }) => topic))]
  const [form, setForm] = useState<ResetForm>({
    ...{ topic: topics[0] ?? '', partition: '', target: 'earliest', offset: '0', time: '' },
  })
  const path = `/api/groups/${encodeURIComponent(group.groupId)}/offsets`
  const request = requestOf(form)
  const preview = useMutation({
    mutationFn: () => tell<ResetPlan>('POST', path, { key: newKey(), body: { ...request, dryRun: true } }),
  })
  const plan = preview.data?.body
  const change = (part: Partial<ResetForm>) => {
    setForm({ ...form, ...part })
    preview.reset()
  }
  return (
    <OperatorDialog
      title={`Reset offsets of ${group.groupId}`}
      path={path}
      body={request ?? {}}
      verb="Reset"
      needsReason
      danger
      ready={plan !== undefined && plan.members.length === 0}
      onClose={onClose}
      onDone={onDone}
    >
      <Fields form={form} topics={topics} partitions={partitionsOf(group, form.topic)} onChange={change} />
      <div>
        <button
          type="button"
          className="button"
          disabled={request === undefined || preview.isPending}
          onClick={() => preview.mutate()}
        >
          Preview
        </button>
      </div>
      {preview.isError && (
        <Notice tone="bad">{`${explain(preview.error).what}: ${explain(preview.error).todo}`}</Notice>
      )}
      {plan && <Preview plan={plan} />}
    </OperatorDialog>
  )
}

const partitionsOf = (group: Group, topic: string): readonly number[] =>
  group.partitions.filter((each) => each.topic === topic).map(({ partition }) => partition)

interface FieldsProps {
  readonly form: ResetForm
  readonly topics: readonly string[]
  readonly partitions: readonly number[]
  readonly onChange: (part: Partial<ResetForm>) => void
}

const Fields = ({ form, topics, partitions, onChange }: FieldsProps) => (
  <div className="filters">
    <label className="field">
      Topic
      <select value={form.topic} onChange={({ target }) => onChange({ topic: target.value, partition: '' })}>
        {topics.map((topic) => (
          <option key={topic}>{topic}</option>
        ))}
      </select>
    </label>
    <label className="field">
      Partition
      <select
        value={form.target === 'forgotten' ? '' : form.partition}
        disabled={form.target === 'forgotten'}
        onChange={({ target }) => onChange({ partition: target.value })}
      >
        <option value="">all</option>
        {partitions.map((partition) => (
          <option key={partition}>{partition}</option>
        ))}
      </select>
    </label>
    <label className="field">
      Go on at
      <select value={form.target} onChange={({ target }) => onChange({ target: target.value as Target })}>
        <option value="earliest">the first record that is kept</option>
        <option value="latest">the end: only what is new</option>
        <option value="forgotten">where a group begins that has never read it</option>
        <option value="offset">an offset</option>
        <option value="time">a time</option>
      </select>
    </label>
    {form.target === 'offset' && (
      <label className="field">
        Offset
        <input
          inputMode="numeric"
          pattern="\d{1,15}"
          value={form.offset}
          onChange={({ target }) => onChange({ offset: target.value })}
          required
        />
      </label>
    )}
    {form.target === 'time' && (
      <label className="field">
        Time
        <input
          type="datetime-local"
          step="1"
          value={form.time}
          onChange={({ target }) => onChange({ time: target.value })}
          required
        />
      </label>
    )}
  </div>
)

const Preview = ({ plan: { type, members, partitions } }: { plan: ResetPlan }) => (
  <>
    {members.length > 0 && (
      <Notice tone="bad">
        Members are active, so nothing can be reset: {members.join(', ')}. Stop them, wait until nobody is in the group,
        and look again.
      </Notice>
    )}
    <table className="preview">
      <caption className="visually-hidden">What the reset would do</caption>
      <thead>
        <tr>
          <th scope="col">Partition</th>
          <th scope="col">{type === 'share' ? 'First not done' : 'Committed'}</th>
          <th scope="col">Then</th>
          <th scope="col">Records</th>
        </tr>
      </thead>
      <tbody>
        {partitions.map((each) => (
          <tr key={each.partition}>
            <td className="num">{each.partition}</td>
            <td className="num">{each.from ?? 'nothing'}</td>
            <td className="num">{each.to ?? 'nothing'}</td>
            <td>{effectOf(each)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </>
)
