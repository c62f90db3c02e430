import { expect, test } from 'vitest'
import { preferencesFrom } from './preferences-form.ts'

const form = (fields: readonly (readonly [string, string])[]) => {
  const data = new FormData()
  for (const [name, value] of fields) data.append(name, value)
  return data
}

test('what is left empty is left out, and what single kinds have stays', () => {
  const fields = [
    ...[
      ['locale', 'sv'],
      ['timeZone', 'Europe/Stockholm'],
      ['channels', 'sms'],
      ['channels', 'push'],
    ],
    ...[
      ['sms', ' +46701234567 '],
      ['push', ''],
      ['from', '22:00'],
      ['to', ''],
      ['fallback', ''],
    ],
  ] as [string, string][]
  expect(preferencesFrom(form(fields), { channels: { default: ['email'], order_completed: [] } })).toEqual({
    ...{ locale: 'sv', timeZone: 'Europe/Stockholm', addresses: { sms: '+46701234567' } },
    channels: { default: ['sms', 'push'], order_completed: [] },
  })
  const quiet = form(
    [...fields, ['fallback', 'email']].map(([name, value]) => (name === 'to' ? ['to', '07:00'] : [name!, value!])),
  )
  expect(preferencesFrom(quiet, { channels: {} })).toMatchObject({ quietHours: { from: '22:00', to: '07:00' } })
})
