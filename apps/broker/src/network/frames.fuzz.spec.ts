import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, encodeRequest, Reader, type RequestHeader, readResponseHeader } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/logging'
import { asManyAsFit } from '#libs/testing'
import { ImaginingReader } from '../../../../libs/kafka-protocol/imagining-reader.fixture.ts'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { type Config, readConfig } from '../config.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { dispatch } from '../dispatch.ts'
import { sealBatch, testBatch } from '../log/batch.fixture.ts'
import {
  AclOperation,
  AclPattern,
  AclPermission,
  AclResource,
  ANYBODY,
  STANDARD_AUTHORIZER,
} from '../security/authorization/acl.ts'
import { TestClient } from './connection.fixture.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 100)
const PRODUCE = 0
const CONFIG = ['--data-dir', '/data', '--set', 'num.partitions=2', '--set', 'group.initial.rebalance.delay.ms=0']
const settingsWith = (...more: readonly string[]) => (readConfig([...CONFIG, ...more], {}) as Config).settings
const dataDir = '/data'

/** What anybody may do, if there is an authorizer; null: there is none. */
type Allowed = readonly (readonly [AclOperation, AclResource])[] | null
const allowed: fc.Arbitrary<Allowed> = fc.option(
  fc.uniqueArray(
    fc.tuple(fc.constantFrom(...Object.values(AclOperation)), fc.constantFrom(...Object.values(AclResource))),
    {
      maxLength: 20,
      selector: String,
    },
  ),
  { freq: 2 },
)

/** Every API in every version that the broker answers, by what is printed when one fails. */
const asked = new Map<string, { readonly api: Api; readonly version: number }>(
  Object.values(dispatch).flatMap(({ api, advertised, lowestAnswered }) => {
    const from = Math.max(lowestAnswered ?? advertised.min, api.versions.min)
    const versions = Array.from({ length: advertised.max - from + 1 }, (_, index) => from + index)
    return versions.map((version) => [`${api.name} ${version}`, { api: api as Api, version }] as const)
  }),
)

const reported: string[] = []
configureLogging({ level: 'error', write: (line) => reported.push(line) })
afterAll(() => configureLogging({ level: 'info', write: (line) => process.stdout.write(line) }))
beforeEach(() => void reported.splice(0))

const noise = fc.uint8Array({ minLength: 60, maxLength: 60 })

const batch = fc
  .record({ records: fc.integer({ min: 1, max: 3 }), producerId: fc.integer({ min: -1, max: 2 }), flip: fc.nat(2000) })
  .map(({ records, producerId, flip }) => {
    const named = producerId < 0 ? {} : { producerId }
    const bytes = testBatch({ values: Array.from({ length: records }, () => 'v'), key: 'k', ...named })
    if (flip < bytes.length * 8) bytes[flip >> 3]! ^= 1 << (flip & 7)
    return flip % 2 === 0 ? bytes : sealBatch(bytes)
  })

/** What fields are called when they name something that may exist. */
const KNOWN: readonly [RegExp, readonly unknown[]][] = [
  [/^(name|topic|topicName|resourceName)$/, ['t', 't', 'missing', '']],
  [/^(groupId|transactionalId|key)$/, ['g', 'g', '']],
  [/^memberId$/, ['m', '']],
  [/^(partition|partitionIndex|index)$/, [0, 0, 1, -1, 7]],
  [/^acks$/, [-1, 1, 0]],
  [/^(sessionTimeoutMs|rebalanceTimeoutMs|transactionTimeoutMs)$/, [10_000, 10_000, 0]],
  [/^protocolType$/, ['consumer']],
  [/^(maxWaitMs|minBytes)$/, [0, 1, 500]],
]

interface Request {
  readonly what: string
  readonly noise: Uint8Array
  readonly choices: readonly number[]
  readonly batch: Buffer
  /** Where a bit is flipped, and where the frame is cut, if that is within it. */
  readonly flip: number
  readonly cut: number
}

const request: fc.Arbitrary<Request> = fc.record({
  what: fc.constantFrom(...asked.keys()),
  noise,
  choices: fc.array(fc.nat(99), { minLength: 8, maxLength: 8 }),
  batch,
  flip: fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, fc.nat(3000)),
  cut: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.nat(300)),
})

/** A message of this API made of noise, and what it says about this broker made plausible. */
function messageOf({ what, noise, choices, batch }: Request): unknown {
  const { api, version } = asked.get(what)!
  const message = api.readRequest(new ImaginingReader(noise), version)
  let chosen = 0
  const adapt = (value: unknown, name: string): unknown => {
    if (name === 'records') return [batch]
    const known = KNOWN.find(([pattern]) => pattern.test(name))
    if (known !== undefined && typeof value === typeof known[1][0]) {
      return known[1][choices[chosen++ % choices.length]! % known[1].length]
    }
    if (Array.isArray(value)) return value.map((element) => adapt(element, name))
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, adapt(field, key)]))
  }
  return adapt(message, '')
}

function frameOf(request: Request, correlationId: number): Buffer {
  const header: Pick<RequestHeader, 'correlationId' | 'clientId'> = { correlationId, clientId: 'fuzz' }
  const { api, version } = asked.get(request.what)!
  const whole = Buffer.concat(encodeRequest(api, version, header, messageOf(request) as never))
  const cut = request.cut >= 10 && request.cut < whole.length - 4 ? whole.subarray(0, 4 + request.cut) : whole
  // Not in the header: what it asks for is chosen already.
  if (request.flip >= 12 * 8 && request.flip < cut.length * 8) cut[request.flip >> 3]! ^= 1 << (request.flip & 7)
  cut.writeInt32BE(cut.length - 4, 0)
  return cut
}

class Subject {
  private readonly clock = new ManualClock()
  private broker!: Broker
  private client!: TestClient

  static async open(allowed: Allowed = null): Promise<Subject> {
    const subject = new Subject()
    const fs = new MemoryFileSystem()
    const settings = settingsWith(
      ...(allowed === null ? [] : ['--set', `authorizer.class.name=${STANDARD_AUTHORIZER}`]),
    )
    subject.broker = await Broker.open({ settings, clock: subject.clock, fs, dataDir })
    const { controller } = subject.broker
    await controller.createTopic('t', 2, {})
    for (const [operation, resourceType] of allowed ?? []) {
      const rule = { resourceType, resourceName: '*', operation, principal: ANYBODY, host: '*' }
      controller.image.acls.add({ ...rule, patternType: AclPattern.literal, permission: AclPermission.allow })
    }
    subject.connect()
    return subject
  }

  /** The request is answered as its schema says, or the connection closed. */
  async ask(request: Request, correlationId: number): Promise<void> {
    if (this.client.closed) this.connect()
    const { api, version } = asked.get(request.what)!
    const { frames } = this.client
    const before = frames.length
    this.client.write(frameOf(request, correlationId))
    // Whether a producer wants an answer is for its request to say.
    const mayBeSilent = api.key === PRODUCE
    const outcome = await this.client.until(before + 1, mayBeSilent ? 30 : undefined)
    if (mayBeSilent && outcome === 'silent') return
    expect([request.what, outcome, ...reported]).toEqual([request.what, expect.not.stringMatching('silent')])
    if (outcome === 'closed') return
    const reader = new Reader(frames[before]!)
    expect(readResponseHeader(reader, api, version)).toBe(correlationId)
    api.readResponse(reader, version)
    expect(reader.remaining).toBe(0)
  }

  async garbage(bytes: Buffer): Promise<void> {
    const client = new TestClient(this.broker, this.clock)
    client.write(bytes)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    client.close()
  }

  async close(): Promise<void> {
    this.client.close()
    await this.broker.close()
    expect(this.clock.pending).toBe(0)
    expect(reported).toEqual([])
  }

  private connect(): void {
    this.client = new TestClient(this.broker, this.clock)
  }
}

describe('frames', () => {
  test('any request in any version, damaged or not, is answered by its schema or costs its connection', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 5, maxLength: 30, size: 'max' }),
        allowed,
        asManyAsFit(async (requests, rules) => {
          const subject = await Subject.open(rules)
          for (const [index, one] of requests.entries()) await subject.ask(one, index)
          await subject.close()
        }),
      ),
      { numRuns: RUNS },
    )
  })

  test('bytes that follow no protocol cost their connection at most', async () => {
    const anything = fc.uint8Array({ maxLength: 400 })
    const framed = anything.map((bytes) => {
      const frame = Buffer.concat([Buffer.alloc(4), bytes])
      frame.writeInt32BE(bytes.length, 0)
      return frame
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(anything, framed), { maxLength: 20 }),
        asManyAsFit(async (chunks) => {
          const subject = await Subject.open()
          for (const chunk of chunks) await subject.garbage(Buffer.from(chunk))
          await subject.close()
        }),
      ),
      { numRuns: RUNS },
    )
  })
})
