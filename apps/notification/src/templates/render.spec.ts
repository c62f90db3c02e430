import { describe, expect, test } from 'vitest'
import { notificationKind } from '#libs/contracts'
import { channels } from '../domain/channels.ts'
import { campaignTemplates } from './campaigns.ts'
import { latestVersion, templateNames, templateOf } from './catalogue.ts'
import { inGsmLetters, SMS_LENGTH } from './gsm-text.ts'
import { render, UnknownWording } from './render.ts'
import { sampleValues } from './samples.ts'
import { locales } from './texts.ts'

const kinds = notificationKind.options
const wordings = kinds.flatMap((template) =>
  channels.flatMap((channel) => locales.map((locale) => ({ template, channel, locale, version: 1 }))),
)

test('there is a template for each kind, channel and language, and it says everything that it names', () => {
  expect(templateNames()).toEqual([...kinds, ...campaignTemplates])
  for (const wording of wordings) {
    expect(latestVersion(wording.template, wording.channel, wording.locale)).toBe(1)
    const { title, text, html } = render(wording, sampleValues(wording.template))
    for (const part of [title, text, html].filter((one) => one !== undefined)) {
      expect(part).not.toMatch(/\{[{%]|undefined|\[object|NaN|: *\.|, ,/)
      expect(part.trim().length).toBeGreaterThan(10)
    }
    expect(html === undefined).toBe(wording.channel !== 'email')
  }
})

describe('an SMS is one SMS', () => {
  const names = [
    'Ada',
    'Wolfeschlegelsteinhausenbergerdorff-Zeus-Xerxes-Vladimir von Habsburg-Lothringen-Österreich der Jüngere '.repeat(
      3,
    ),
    'Łukasz Ćwięczkowski-Żółkiewski',
    '李小龍',
    '€€€€€€€€€€ {{ name }} ’“”',
  ]
  test.each(names)('for %s', (name) => {
    for (const wording of wordings.filter(({ channel }) => channel === 'sms')) {
      const { text } = render(wording, {
        ...sampleValues(wording.template),
        ...{ name, total: { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' } },
        refunded: { amount: Number.MAX_SAFE_INTEGER, currency: 'KWD' },
      })
      expect(text.length).toBeLessThanOrEqual(SMS_LENGTH)
      expect(inGsmLetters(text)).toBe(text)
      // Whatever the name, what it is about is said whole.
      expect(text).toContain('0b7e1d62')
      expect(text).toMatch(/\.$/)
    }
  })

  test('a short name is left as it is, and a long one gives way', () => {
    const shipped = { template: 'order_shipped', channel: 'sms', locale: 'de', version: 1 } as const
    const textFor = (name: string) => render(shipped, { ...sampleValues('order_shipped'), name }).text
    expect(textFor('Jörg')).toMatch(/^Waybill: Jörg, Bestellung 0b7e1d62 ist unterwegs: WB/)
    expect(textFor('x'.repeat(200))).toMatch(/^Waybill: x{30,}\., Bestellung 0b7e1d62 ist unterwegs: WB\w+\.$/)
  })
})

test('what comes from outside is text in a mail, and no markup or template', () => {
  const hostile = '<img src=x onerror=alert(1)> {{ orderId }} & "so"'
  for (const locale of locales) {
    const wording = { template: 'order_shipped', channel: 'email', locale, version: 1 } as const
    const { text, html } = render(wording, { ...sampleValues('order_shipped'), name: hostile, trackingNumber: hostile })
    expect(text).toContain(hostile)
    expect(html).not.toContain('<img')
    expect(html!.split('&lt;img src=x onerror=alert(1)&gt; {{ orderId }} &amp; &#34;so&#34;')).toHaveLength(3)
  }
})

test('amounts and reasons are in the language', () => {
  const rejected = (locale: 'en' | 'de' | 'sv') =>
    render({ template: 'order_rejected', channel: 'email', locale, version: 1 }, sampleValues('order_rejected')).text
  expect(rejected('en')).toContain('over 1234.50 EUR: an item is out of stock.')
  expect(rejected('de')).toContain('über 1234,50 EUR nicht annehmen: ein Artikel ist nicht vorrätig.')
  expect(rejected('sv')).toContain('på 1234,50 EUR: en vara är slut.')
})

test('a template that there is not, or was not yet, is said to be unknown', () => {
  const wording = { template: 'order_confirmed', channel: 'sms', locale: 'en', version: 1 } as const
  expect(templateOf({ ...wording, version: 0 })).toBeUndefined()
  expect(templateOf({ ...wording, version: 7 })).toEqual(templateOf(wording))
  expect(() => render({ ...wording, template: 'no_such' }, {})).toThrow(UnknownWording)
})
