import { Controller, Get, Query } from '@nestjs/common'
import { z } from 'zod'
import { Problem, parse } from '#libs/http'
import { channels } from '../domain/channels.ts'
import { latestVersion, templateNames } from '../templates/catalogue.ts'
import { render, UnknownWording } from '../templates/render.ts'
import { sampleValues } from '../templates/samples.ts'
import { locales } from '../templates/texts.ts'

const question = z.strictObject({
  template: z.string().min(1).max(64),
  channel: z.enum(channels).default('email'),
  locale: z.enum(locales).default('en'),
  /** Default: the newest. */
  version: z.coerce.number().int().min(1).max(10_000).optional(),
  /** The customer's. */
  name: z.string().min(1).max(200).optional(),
})

/** What a customer would read, filled with an example. */
@Controller('notifications/preview')
export class PreviewController {
  @Get()
  preview(@Query() query: unknown) {
    const { name, version, ...wording } = parse(question, query)
    const latest = latestVersion(wording.template, wording.channel, wording.locale)
    if (latest === undefined)
      throw new Problem(404, {
        type: 'unknown-template',
        detail: `no template ${wording.template}; there are ${templateNames().join(', ')}`,
      })
    const shown = { ...wording, version: version ?? latest }
    try {
      const content = render(shown, { ...sampleValues(wording.template), ...(name && { name }) })
      return { ...shown, latestVersion: latest, ...content, length: content.text.length }
    } catch (error) {
      if (!(error instanceof UnknownWording)) throw error
      throw new Problem(404, { type: 'unknown-template', detail: error.message })
    }
  }
}
