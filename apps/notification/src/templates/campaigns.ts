import type { Channel } from '../domain/channels.ts'
import { type Locale, type Template, told } from './texts.ts'

/** What campaigns can say: names of templates, the same in every language. */
export const campaignTemplates = ['season_sale', 'free_delivery', 'new_in_the_shop'] as const
export type CampaignTemplate = (typeof campaignTemplates)[number]

type Texts = Readonly<Record<CampaignTemplate, Readonly<Record<Channel, Template>>>>

/** Whatever is named and not given is left out, so that none needs a value. */
export const campaignTexts: Readonly<Record<Locale, Texts>> = {
  en: {
    season_sale: told(
      'Our sale{% if until %} until {{ until }}{% endif %}',
      'Many things cost less{% if discount %}, up to {{ discount }}{% endif %}{% if until %}, until {{ until }}{% endif %}.',
      'our sale: many things cost less{% if until %} until {{ until }}{% endif %}.',
    ),
    free_delivery: told(
      'Delivered free of charge',
      'Your next order is delivered free of charge{% if until %} until {{ until }}{% endif %}.',
      'your next order is delivered free of charge{% if until %} until {{ until }}{% endif %}.',
    ),
    new_in_the_shop: told(
      'New in the shop{% if product %}: {{ product }}{% endif %}',
      'There is something new in the shop{% if product %}: {{ product }}{% endif %}.',
      'new in the shop{% if product %}: {{ product }}{% endif %}.',
    ),
  },
  de: {
    season_sale: told(
      'Unser Schlussverkauf{% if until %} bis {{ until }}{% endif %}',
      'Vieles kostet weniger{% if discount %}, bis zu {{ discount }}{% endif %}{% if until %}, bis {{ until }}{% endif %}.',
      'unser Schlussverkauf: vieles kostet weniger{% if until %} bis {{ until }}{% endif %}.',
    ),
    free_delivery: told(
      'Kostenlos geliefert',
      'Ihre nächste Bestellung liefern wir{% if until %} bis {{ until }}{% endif %} kostenlos.',
      'Ihre nächste Bestellung liefern wir{% if until %} bis {{ until }}{% endif %} kostenlos.',
    ),
    new_in_the_shop: told(
      'Neu im Laden{% if product %}: {{ product }}{% endif %}',
      'Es gibt etwas Neues im Laden{% if product %}: {{ product }}{% endif %}.',
      'neu im Laden{% if product %}: {{ product }}{% endif %}.',
    ),
  },
  sv: {
    season_sale: told(
      'Vår rea{% if until %} till {{ until }}{% endif %}',
      'Mycket kostar mindre{% if discount %}, upp till {{ discount }}{% endif %}{% if until %}, till {{ until }}{% endif %}.',
      'vår rea: mycket kostar mindre{% if until %} till {{ until }}{% endif %}.',
    ),
    free_delivery: told(
      'Fri leverans',
      'Din nästa beställning levereras fritt{% if until %} till {{ until }}{% endif %}.',
      'din nästa beställning levereras fritt{% if until %} till {{ until }}{% endif %}.',
    ),
    new_in_the_shop: told(
      'Nytt i butiken{% if product %}: {{ product }}{% endif %}',
      'Det finns något nytt i butiken{% if product %}: {{ product }}{% endif %}.',
      'nytt i butiken{% if product %}: {{ product }}{% endif %}.',
    ),
  },
}
