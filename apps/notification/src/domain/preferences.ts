import type { Channel, ToldKind } from './channels.ts'
import type { QuietHours } from './quiet-hours.ts'

export type Locale = 'en' | 'de' | 'sv'

/** How a customer wants to be told. */
export interface Preferences {
  readonly locale: Locale
  /** Of the IANA time zone database, e.g. Europe/Stockholm. */
  readonly timeZone: string
  /** Nothing but what is urgent goes out then. */
  readonly quietHours?: QuietHours | undefined
  /** Where, beside the mail address on file: a telephone number, a device. */
  readonly addresses: { readonly [C in 'sms' | 'push']?: string | undefined }
  /** By which channels, by kind; an empty list: no word of it. */
  readonly channels: { readonly [K in ToldKind | 'default']?: readonly Channel[] | undefined }
  /** Takes the place of a channel that failed for good. */
  readonly fallback?: Channel | undefined
}

/** Of whoever has said nothing: mails in English. */
export const DEFAULT_PREFERENCES: Preferences = {
  locale: 'en',
  timeZone: 'UTC',
  addresses: {},
  channels: { default: ['email'] },
}

export interface SwitchedOff {
  /** ISO 8601, UTC. */
  readonly at: string
  /** The address that nobody can be reached at. */
  readonly to: string
  readonly reason: string
}

/** Channels by which the customer cannot be reached. */
export type SwitchedOffChannels = Partial<Readonly<Record<Channel, SwitchedOff>>>

/** The channels that this kind goes out by. Where all that were wanted are switched off, the fall-back is left. */
export const channelsFor = (
  { channels, addresses, fallback }: Preferences,
  switchedOff: SwitchedOffChannels,
  kind: ToldKind,
): readonly Channel[] => {
  const wanted = channels[kind] ?? channels.default ?? ['email']
  const isOpen = (channel: Channel) =>
    switchedOff[channel] === undefined && (channel === 'email' || addresses[channel] !== undefined)
  const open = wanted.filter(isOpen)
  if (open.length > 0 || wanted.length === 0) return open
  return fallback !== undefined && isOpen(fallback) ? [fallback] : []
}

/** The channel that takes the place of `failed`, unless it has been tried. */
export const fallbackFor = (
  preferences: Preferences,
  switchedOff: SwitchedOffChannels,
  failed: Channel,
): Channel | undefined => {
  const { fallback, addresses } = preferences
  if (fallback === undefined || fallback === failed || switchedOff[fallback] !== undefined) return undefined
  return fallback === 'email' || addresses[fallback] !== undefined ? fallback : undefined
}
