import { setTimeout as sleep } from 'node:timers/promises'
import { Inject, Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { type Answer, send } from './answers.ts'
import type { Fate } from './fate.ts'
import { HeldRequests } from './held-requests.ts'
import { refusal } from './refusal.ts'

/** Answers requests the way an outside service does: late, not at all, or with a fault although it did the work. */
@Injectable()
export class Fickle {
  constructor(@Inject(HeldRequests) private readonly held: HeldRequests) {}

  /** @param withoutEffect is told of a request that fails before its effect. */
  async respond(
    reply: FastifyReply,
    { fate, latencyMs }: { fate: Fate; latencyMs: number },
    effect: () => Promise<Answer>,
    withoutEffect: (outcome: 'fault' | 'silence') => Promise<unknown> = async () => undefined,
  ): Promise<unknown> {
    if (latencyMs > 0) await sleep(latencyMs)
    const answer = fate.effect ? await effect() : undefined
    if (answer && fate.outcome === 'answer') return send(reply, answer)
    const outcome = fate.outcome === 'silence' ? 'silence' : 'fault'
    if (!answer) await withoutEffect(outcome)
    if (outcome === 'silence') return this.held.hold(reply)
    throw refusal(503, 'service_unavailable', 'the service failed; whether it did what was asked is not known')
  }
}
