import { Body, Controller, Get, Inject, Param, Put, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { customerId as customerIdSchema } from '#libs/contracts'
import { Database, type Work } from '#libs/database'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands, type StoredResponse } from '#libs/idempotency'
import { PersonalData } from '#libs/personal-data'
import { answerOnce, IdempotencyKey, onRecord } from '#libs/service'
import { DEFAULT_PREFERENCES, type Preferences, type SwitchedOffChannels } from '../domain/preferences.ts'
import { keyOf } from '../sealing.ts'
import { findPreferences, savePreferences } from '../sql/preferences.ts'
import { preferencesTarget } from '../switched-off.ts'
import { preferencesRequest } from './preferences.ts'

/** How a customer wants to be told. */
@Controller('customers/:customerId/notification-preferences')
export class PreferencesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly commands: IdempotentCommands,
    @Inject(PersonalData) private readonly personal: PersonalData,
  ) {}

  /** Of whoever has said nothing: what is done without. */
  @Get()
  async one(@Param('customerId') given: string) {
    const customerId = parse(customerIdSchema, given)
    const stored = await findPreferences(this.database, customerId)
    return answer(customerId, stored?.preferences ?? undefined, stored?.switchedOff ?? {})
  }

  /** All of them anew; a channel that was switched off is tried again. */
  @Put()
  async change(
    @Param('customerId') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const customerId = parse(customerIdSchema, given)
    const preferences = parse(preferencesRequest, body)
    const customerKey = await keyOf(this.personal, customerId)
    if (customerKey === undefined)
      throw new Problem(410, { type: 'customer-erased', detail: `${customerId} was erased` })
    const { sms, push } = preferences.addresses
    const addresses = { ...(sms && { sms: customerKey.seal(sms) }), ...(push && { push: customerKey.seal(push) }) }
    const work = change(customerId, { ...preferences, addresses }, actor)
    return answerOnce(this.commands, reply, { scope: `PUT /${preferencesTarget(customerId)}`, key, body, work })
  }
}

const change = (customerId: string, preferences: Preferences, actor: string): Work<StoredResponse> => ({
  run: async (uow) => {
    await savePreferences(uow, customerId, preferences, uow.now)
    const { addresses: _, ...said } = preferences
    onRecord(uow, {
      ...{ actor, action: 'preferences.change', target: preferencesTarget(customerId) },
      detail: JSON.stringify(said),
    })
    return { status: 200, headers: {}, body: answer(customerId, preferences, {}) }
  },
})

const answer = (customerId: string, preferences: Preferences | undefined, switchedOff: SwitchedOffChannels) => ({
  ...{ customerId, ...(preferences ?? DEFAULT_PREFERENCES), isDefault: preferences === undefined },
  switchedOff: Object.entries(switchedOff).map(([channel, off]) => ({ channel, ...off })),
})
