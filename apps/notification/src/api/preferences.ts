import { z } from 'zod'
import { notificationKind } from '#libs/contracts'
import { type Channel, channels } from '../domain/channels.ts'
import type { Preferences } from '../domain/preferences.ts'
import { locales } from '../templates/texts.ts'

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 22:00')
const channel = z.enum(channels)
const list = z.array(channel).max(channels.length).refine(areDistinct, 'each channel once')
const kind = z.enum(['default', ...notificationKind.options, 'campaign'])

function areDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** What `PUT` takes: everything that is said, anew. */
export const preferencesRequest: z.ZodType<Preferences> = z
  .strictObject({
    locale: z.enum(locales),
    timeZone: z.string().max(64).refine(isTimeZone, 'a time zone such as Europe/Stockholm'),
    quietHours: z.strictObject({ from: time, to: time }).optional(),
    addresses: z
      .strictObject({
        sms: z
          .string()
          .regex(/^\+[1-9]\d{6,14}$/, 'a telephone number such as +46701234567')
          .optional(),
        push: z
          .string()
          .regex(/^[\x21-\x7e]{1,254}$/, 'what the push service knows the device by')
          .optional(),
      })
      .default({}),
    channels: z.partialRecord(kind, list),
    fallback: channel.optional(),
  })
  .check(({ value, issues }) => {
    const { channels: byKind, addresses, fallback } = value
    const missing = (chosen: Channel | undefined) =>
      chosen !== undefined && chosen !== 'email' && addresses[chosen] === undefined
    const complain = (path: PropertyKey[], chosen: Channel) =>
      issues.push({ code: 'custom', path, input: chosen, message: `needs an address: addresses.${chosen}` })
    for (const [name, chosen] of Object.entries(byKind))
      for (const [index, one] of (chosen ?? []).entries()) if (missing(one)) complain(['channels', name, index], one)
    if (fallback !== undefined && missing(fallback)) complain(['fallback'], fallback)
  })
