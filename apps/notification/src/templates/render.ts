import { Liquid, type Template as Parsed } from 'liquidjs'
import type { Money, StockLine } from '#libs/contracts'
import { price } from '../domain/price.ts'
import { templateOf, vocabularies, type Wording } from './catalogue.ts'
import { fitSms } from './gsm-text.ts'
import type { Locale, Template } from './texts.ts'

/** What a template is filled with: plain JSON, the same in every language. */
export type Values = Readonly<Record<string, unknown>>

/** As a customer reads it. */
export interface Rendered {
  /** A mail's subject, the line above a push message. */
  readonly title?: string
  readonly text: string
  /** Of a mail, beside its text. */
  readonly html?: string
}

/** The template is not there, or is filled with what it was not made for: no repetition mends that. */
export class UnknownWording extends Error {
  override readonly name = 'UnknownWording'
}

const enginesOf = (locale: Locale) => {
  const { reasons, decimalSign } = vocabularies[locale]
  const engine = (escaped: boolean): Liquid => {
    const liquid = new Liquid({
      ...(escaped && { outputEscape: 'escape' as const }),
      // Templates are files of ours, but a campaign's may come from elsewhere: they read what they are given, and end.
      ...{ ownPropertyOnly: true, strictFilters: true, relativeReference: false, templates: {} },
      ...{ parseLimit: 100_000, renderLimit: 1_000, memoryLimit: 1_000_000 },
    })
    liquid.registerFilter('money', (money: Money) => price(money, decimalSign))
    liquid.registerFilter('reason', (reason: keyof typeof reasons) => reasons[reason] ?? String(reason))
    liquid.registerFilter('lines', (lines: readonly StockLine[]) =>
      lines.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(', '),
    )
    return liquid
  }
  return { plain: engine(false), html: engine(true) }
}

const engines = { en: enginesOf('en'), de: enginesOf('de'), sv: enginesOf('sv') }
/** Parsed once; as many as there are templates. */
const parsed = new Map<string, Parsed[]>()

/** Says in one wording what there is to say. Throws `UnknownWording`. */
export const render = (wording: Wording, values: Values): Rendered => {
  const template = templateOf(wording)
  if (template === undefined)
    throw new UnknownWording(`no template ${wording.template} for ${wording.channel} in ${wording.locale}`)
  const fill = (source: string, kind: 'plain' | 'html', given: Values): string => {
    const liquid = engines[wording.locale][kind]
    const key = `${wording.locale} ${kind} ${source}`
    const known = parsed.get(key) ?? liquid.parse(source)
    parsed.set(key, known)
    return liquid.renderSync(known, given)
  }
  const all = { ...values, order: String(values.orderId ?? '').slice(0, 8) }
  const title = template.title === undefined ? {} : { title: fill(template.title, 'plain', all) }
  switch (wording.channel) {
    case 'email':
      return {
        ...title,
        text: fill(textMail(template, wording.locale), 'plain', all),
        html: fill(htmlMail(template, wording.locale), 'html', all),
      }
    case 'sms':
      return { text: fitSms(nameIn(values), (name) => fill(template.text, 'plain', { ...all, name })) }
    case 'push':
      return { ...title, text: fill(template.text, 'plain', all) }
  }
}

const nameIn = ({ name }: Values): string | undefined => (typeof name === 'string' ? name : undefined)

const textMail = ({ text }: Template, locale: Locale): string => {
  const { greeting, aboutOrder } = vocabularies[locale]
  return `{% if name %}${greeting}\n\n{% endif %}${text}\n{% if orderId %}\n${aboutOrder}\n{% endif %}`
}

const htmlMail = ({ title = '', text }: Template, locale: Locale): string => {
  const { greeting, aboutOrder } = vocabularies[locale]
  return `<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><title>${title}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1c1b1a;background:#fff">
<p style="font-weight:600">Waybill</p>
{% if name %}<p>${greeting}</p>
{% endif %}<p>${text}</p>
{% if orderId %}<p style="color:#6b6864;font-size:14px">${aboutOrder}</p>
{% endif %}</body>
</html>
`
}
