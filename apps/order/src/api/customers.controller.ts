import { Body, Controller, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { customerId } from '#libs/contracts'
import { Actor, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { PersonalData } from '#libs/personal-data'
import { answerOnce, IdempotencyKey } from '#libs/service'
import { eraseCustomer, erasureRequest, notErased } from './erase-customer.ts'

@Controller('customers')
export class CustomersController {
  constructor(
    private readonly commands: IdempotentCommands,
    private readonly personal: PersonalData,
  ) {}

  /** For good: nothing personal of this customer can be read by anybody any more. */
  @Post(':customerId/erasure')
  async erase(
    @Param('customerId') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = parse(customerId, given)
    const work = eraseCustomer(this.personal, { ...parse(erasureRequest, body), customerId: id, actor })
    const scope = `POST /customers/${id}/erasure`
    return answerOnce(this.commands, reply, { scope, key, body, work, problems: notErased })
  }
}
