import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { explain } from '../../server/problem.ts'
import { ask, newKey, tell } from '../../server/request.ts'
import type { NotificationPreferences } from '../../server/types.ts'
import { MayChange } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'
import { Notice, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { preferencesFrom } from './preferences-form.ts'

/** How one customer wants to be told; what is set per kind over REST stays as it is. */
export const Preferences = ({ customerId }: { customerId: string }) => {
  const client = useQueryClient()
  const path = `/api/customers/${encodeURIComponent(customerId)}/notification-preferences`
  const preferences = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<NotificationPreferences>(path, signal),
  })
  const change = useMutation({
    mutationFn: (form: FormData) =>
      tell('PUT', path, { body: preferencesFrom(form, preferences.data!), key: newKey(), actor: 'console' }),
    onSuccess: () => client.invalidateQueries({ queryKey: [path] }),
  })
  return (
    <Card title={`How ${customerId} wants to be told`}>
      <Shown query={preferences} what="Preferences">
        {(now) => (
          <>
            {now.isDefault && <p className="quiet">This customer has said nothing: mails in English.</p>}
            {now.switchedOff.map(({ channel, to, reason, at }) => (
              <Notice key={channel} tone="warn">
                By {channel} nobody is reached at {to} ({reason.replaceAll('_', ' ')}): switched off{' '}
                <Time at={at} as="full" />. To set anything here tries it again.
              </Notice>
            ))}
            <Form now={now} onSet={(form) => change.mutate(form)} isPending={change.isPending} />
          </>
        )}
      </Shown>
      {change.isError && <Notice tone="bad">{`${explain(change.error).what}: ${explain(change.error).todo}`}</Notice>}
      {change.isSuccess && <Notice tone="ok">It is so from now on.</Notice>}
    </Card>
  )
}

interface FormProps {
  readonly now: NotificationPreferences
  readonly onSet: (form: FormData) => void
  readonly isPending: boolean
}

/** Shows what is set until somebody types; what was typed stays when it is refused. */
const Form = ({ now, onSet, isPending }: FormProps) => (
  <form
    className="knobs"
    data-wide
    key={JSON.stringify(now)}
    onSubmit={(event) => {
      event.preventDefault()
      onSet(new FormData(event.currentTarget))
    }}
  >
    <MayChange ask="PUT /api/customers/:customerId/notification-preferences">
      <fieldset className="field">
        <legend>Channels</legend>
        {['email', 'sms', 'push'].map((channel) => (
          <label key={channel}>
            <input
              type="checkbox"
              name="channels"
              value={channel}
              defaultChecked={now.channels.default?.some((one) => one === channel) ?? channel === 'email'}
            />{' '}
            {channel}
          </label>
        ))}
      </fieldset>
      <label className="field">
        When a channel fails
        <select name="fallback" defaultValue={now.fallback ?? ''}>
          <option value="">nothing more</option>
          {['email', 'sms', 'push'].map((channel) => (
            <option key={channel}>{channel}</option>
          ))}
        </select>
      </label>
      <label className="field">
        Language
        <select name="locale" defaultValue={now.locale}>
          {['en', 'de', 'sv'].map((locale) => (
            <option key={locale}>{locale}</option>
          ))}
        </select>
      </label>
      <label className="field">
        Time zone
        <input name="timeZone" defaultValue={now.timeZone} maxLength={64} required />
      </label>
      <label className="field">
        Telephone
        <input name="sms" defaultValue={now.addresses?.sms} placeholder="+46701234567" maxLength={16} />
      </label>
      <label className="field">
        Device
        <input name="push" defaultValue={now.addresses?.push} maxLength={254} />
      </label>
      <label className="field">
        Quiet from
        <input type="time" name="from" defaultValue={now.quietHours?.from} />
      </label>
      <label className="field">
        Quiet until
        <input type="time" name="to" defaultValue={now.quietHours?.to} />
      </label>
      <div className="page-actions">
        <button type="submit" className="button" data-kind="primary" disabled={isPending}>
          Set
        </button>
      </div>
    </MayChange>
  </form>
)
