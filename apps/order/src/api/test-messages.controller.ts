import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { decode, type Topic, topicNames, topicOf } from '#libs/contracts'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { maskTokens } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { answerOnce, IdempotencyKey, onRecord } from '#libs/service'

/** Says whose test a message is; no reader of ours looks at it. */
const TEST_HEADER = 'testmessage'
const MOST_HEADERS = 50

const testMessage = z.strictObject({
  key: z.string().min(1).max(300),
  value: z
    .string()
    .max(50_000)
    .refine((value) => !hasClearToken(value), 'a payment token may only be in a message when it is sealed'),
  headers: z
    .record(z.string().regex(/^[\w.-]{1,100}$/, 'a name of 1 to 100 of A-Z a-z 0-9 _ . -'), z.string().max(2_000))
    .refine((headers) => Object.keys(headers).length <= MOST_HEADERS, `${MOST_HEADERS} headers at most`)
    .default({}),
  reason: z.string().trim().min(1).max(1_000),
})
type TestMessage = z.infer<typeof testMessage>

const hasClearToken = (value: string): boolean => {
  const bytes = Buffer.from(value)
  return !maskTokens(bytes).equals(bytes)
}

/**
 * Test messages of operators, into any topic of ours. They leave through the outbox like everything that is said here, so
 * a request is published once, if and only if it is on record.
 */
@Controller('topics/:topic/messages')
export class TestMessagesController {
  constructor(@Inject(IdempotentCommands) private readonly requests: IdempotentCommands) {}

  @Post()
  @HttpCode(202)
  produce(
    @Param('topic') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const topic = known(given)
    const { reason, ...message } = parse(testMessage, body)
    const headers = { ...message.headers, [TEST_HEADER]: actor }
    const type = message.headers.ce_type ?? 'no type'
    return answerOnce(this.requests, reply, {
      ...{ scope: `POST /topics/${topic}/messages ${actor}`, key, body },
      work: {
        run: async (uow) => {
          uow.part(Outbox).addRaw(topic, { key: message.key, value: message.value, headers })
          const detail = `${type}, key ${message.key}`
          onRecord(uow, { actor, action: 'message.produce', target: `topic/${topic}`, reason, detail })
          return { status: 202, headers: {}, body: { topic, key: message.key, reading: readingOf(topic, message) } }
        },
      },
    })
  }
}

const known = (given: string): Topic => {
  const topic = topicNames.find((name) => name === given)
  if (topic !== undefined) return topic
  throw new Problem(404, {
    type: 'unknown-topic',
    detail: `test messages go to topics of Waybill, and ${given} is none: ${topicNames.join(', ')}`,
  })
}

/** What consumers of the topic will make of it. */
const readingOf = (topic: Topic, { key, value, headers }: Omit<TestMessage, 'reason'>) => {
  const decoded = decode({ key: Buffer.from(key), value: Buffer.from(value), headers })
  if (!decoded.ok) return { readable: false, reason: decoded.reason, detail: decoded.detail }
  const { type } = decoded.message
  if (topicOf(type) === topic) return { readable: true }
  return { readable: false, reason: 'unknown_type', detail: `${type} does not belong on ${topic}` }
}
