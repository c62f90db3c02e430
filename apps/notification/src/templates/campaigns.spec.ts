import { expect, test } from 'vitest'
import { channels } from '../domain/channels.ts'
import { campaignTemplates } from './campaigns.ts'
import { latestVersion } from './catalogue.ts'
import { SMS_LENGTH } from './gsm-text.ts'
import { render } from './render.ts'
import { locales } from './texts.ts'

const wordings = campaignTemplates.flatMap((template) =>
  channels.flatMap((channel) =>
    locales.map((locale) => ({ template, channel, locale, version: latestVersion(template, channel, locale)! })),
  ),
)

test.each([
  ['with nothing', {}],
  ['with everything', { until: '2026-12-24', discount: '30 %', product: 'Mug', name: 'Ada' }],
  ['with what is long', { until: 'x'.repeat(200), product: 'y'.repeat(200), name: 'z'.repeat(200) }],
  ['with what looks like a template', { product: '{{ name }} {% if %} <b>', name: '<script>' }],
])('every campaign says something %s, for each channel and in each language', (_, values) => {
  expect(wordings).toHaveLength(campaignTemplates.length * channels.length * locales.length)
  for (const wording of wordings) {
    const { text, html } = render(wording, values)
    expect(text.trim().length).toBeGreaterThan(10)
    expect(html ?? '').not.toContain('<script>')
    if (wording.channel === 'sms') expect(text.length).toBeLessThanOrEqual(SMS_LENGTH)
  }
})
