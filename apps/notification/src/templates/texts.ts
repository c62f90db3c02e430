import type { NotificationKind, OrderEndReason } from '#libs/contracts'
import type { Channel } from '../domain/channels.ts'
import type { Locale } from '../domain/preferences.ts'

export const locales = ['en', 'de', 'sv'] as const satisfies readonly Locale[]
export type { Locale }

/** Liquid (https://shopify.github.io/liquid): `title` is a mail's subject or the line above a push message. */
export interface Template {
  readonly title?: string
  readonly text: string
}

/** What a customer can be told, in one language. */
export type Texts = Readonly<Record<NotificationKind, Readonly<Record<Channel, Template>>>>

/** The words that templates are filled with, in one language. */
export interface Vocabulary {
  readonly reasons: Readonly<Record<OrderEndReason, string>>
  readonly decimalSign: '.' | ','
  /** Of a mail: before its text, if the name is known, and its last line. */
  readonly greeting: string
  readonly aboutOrder: string
}

/** A mail says it in full; what is read on a telephone is short, and begins with who says it to whom. */
export const told = (title: string, text: string, short: string): Readonly<Record<Channel, Template>> => ({
  email: { title, text },
  sms: { text: `Waybill: {% if name %}{{ name }}, {% endif %}${short}` },
  push: { title, text: `{% if name %}{{ name }}, {% endif %}${short}` },
})
