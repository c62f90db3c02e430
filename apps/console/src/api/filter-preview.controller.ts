import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common'
import { z } from 'zod'
import { eventFilter } from '#libs/contracts'
import { InFlightLimit, parse } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { previewFilter } from '../messages/filter-preview.ts'

const request = z.strictObject({ filter: eventFilter })
/** Each reads the ends of some topics. */
const MOST_AT_ONCE = 4

/** What a subscription would have been told, had it been there. */
@Controller('api/subscriptions/preview')
export class FilterPreviewController {
  readonly #limit = new InFlightLimit(MOST_AT_ONCE, 'the reading of topics')

  constructor(@Inject(TopicReader) private readonly reader: TopicReader) {}

  /** Changes nothing; a POST because a filter is no short text. */
  @Post()
  @HttpCode(200)
  preview(@Body() body: unknown) {
    const { filter } = parse(request, body)
    return this.#limit.run(() => previewFilter(this.reader, filter))
  }
}
