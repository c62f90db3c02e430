import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { parse } from '#libs/http'
import { pageQuery } from '../page.ts'
import { Mailbox } from './mailbox.ts'

const mailQuery = pageQuery.extend({
  to: z.string().optional(),
  orderId: z.string().optional(),
  cursor: z.coerce.number().int().min(0).optional(),
})

@Controller('mailbox')
export class MailboxController {
  constructor(@Inject(Mailbox) private readonly mailbox: Mailbox) {}

  /** Newest first. `suppressed` counts second deliveries of all mails, whatever the query. */
  @Get()
  mails(@Query() query: unknown) {
    const { items, next } = this.mailbox.find(parse(mailQuery, query))
    return { items, suppressed: this.mailbox.suppressed, ...(next !== undefined && { nextCursor: String(next) }) }
  }
}
