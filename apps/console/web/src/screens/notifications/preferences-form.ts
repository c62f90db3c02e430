import type { NotificationPreferences } from '../../server/types.ts'

/** What to `PUT`: as the form says, with the choices of single kinds that it does not show. */
export const preferencesFrom = (
  form: Pick<FormData, 'get' | 'getAll'>,
  { channels }: Pick<NotificationPreferences, 'channels'>,
): object => {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const given = (name: string) => (text(name) === '' ? {} : { [name]: text(name) })
  const [from, to] = [text('from'), text('to')]
  return {
    ...{ locale: text('locale'), timeZone: text('timeZone'), ...given('fallback') },
    ...(from !== '' && to !== '' && { quietHours: { from, to } }),
    addresses: { ...given('sms'), ...given('push') },
    channels: { ...channels, default: form.getAll('channels').map(String) },
  }
}
