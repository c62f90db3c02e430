import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { explain } from '../../server/problem.ts'
import { ask, tell } from '../../server/request.ts'
import { MayChange } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'
import { Notice, Shown } from '../../ui/states.tsx'
import { type Knob, type Preset, UNITS } from './knobs.ts'

type Values<Settings> = { readonly [Name in keyof Settings]: number }

interface Props<Settings> {
  readonly title: string
  readonly path: `/api/simulators/${'payment' | 'carrier' | 'sms' | 'push'}/settings`
  readonly knobs: readonly Knob<Settings>[]
  readonly presets: readonly Preset<Settings>[]
}

export function SettingsCard<Settings extends Values<Settings>>({ title, path, knobs, presets }: Props<Settings>) {
  const client = useQueryClient()
  const query = useQuery({ queryKey: [path], queryFn: ({ signal }) => ask<Settings>(path, signal) })
  const change = useMutation({
    mutationFn: (settings: Partial<Settings>) => tell<Settings>('PUT', path, { body: settings }),
    onSettled: () => client.invalidateQueries({ queryKey: [path] }),
  })
  return (
    <Card title={title}>
      <Shown query={query}>
        {(settings) => (
          <form
            className="knobs"
            // What was refused is shown as it is.
            key={`${JSON.stringify(settings)} ${change.submittedAt}`}
            action={(form) => change.mutate(changed(settings, form, knobs))}
          >
            <MayChange ask={`PUT ${path}`}>
              {knobs.map(({ name, label, unit, does }) => (
                <label key={name} className="field">
                  {label}, {UNITS[unit].label}
                  <input
                    type="number"
                    name={name}
                    defaultValue={settings[name]}
                    min={0}
                    max={UNITS[unit].max}
                    step={UNITS[unit].step}
                    required
                  />
                  <span className="quiet">{does}</span>
                </label>
              ))}
              <div className="page-actions">
                <button type="submit" className="button" data-kind="primary" disabled={change.isPending}>
                  Set
                </button>
                {presets.map(({ name, settings: preset }) => (
                  <button
                    key={name}
                    type="button"
                    className="button"
                    disabled={change.isPending}
                    onClick={() => change.mutate(preset as Partial<Settings>)}
                  >
                    {name}
                  </button>
                ))}
              </div>
            </MayChange>
          </form>
        )}
      </Shown>
      {change.isError && <Notice tone="bad">{`${explain(change.error).what}: ${explain(change.error).todo}`}</Notice>}
      {change.isSuccess && <Notice tone="ok">It is so from now on.</Notice>}
    </Card>
  )
}

/** What of the form differs from what is set. */
const changed = <Settings extends Values<Settings>>(
  settings: Settings,
  form: FormData,
  knobs: readonly Knob<Settings>[],
): Partial<Settings> => {
  const typed = knobs.map(({ name }) => [name, Number(form.get(name))] as const)
  return Object.fromEntries(typed.filter(([name, value]) => settings[name] !== value)) as Partial<Settings>
}
