import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Span } from './span.ts'
import { SpanExporter } from './span-exporter.ts'
import { SpanJournal } from './span-journal.ts'

interface Received {
  readonly name: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
}
interface Body {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Received[] }[] }[]
}

/** Named so, each with an id of its own. */
const span = (id: number, name: string, more: Partial<Span> = {}): Span => ({
  ...{ traceparent: `00-0af7651916cd43dd8448eb211c80319c-${String(id).padStart(16, '0')}-01`, name, kind: 'internal' },
  ...{ startedAt: 1_000, endedAt: 2_000, attributes: {}, ...more },
})

const PATIENT = { timeout: 20_000 }

let folder: string
let received: Received[]
let started: SpanExporter[]
const collector = createServer(async (request, response) => {
  const { resourceSpans } = (await json(request)) as Body
  received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
  response.end('{}')
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-spans-'))
  received = []
  started = []
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await Promise.all(started.map((one) => one.flush()))
  collector.closeAllConnections()
  collector.close()
  await rm(folder, { recursive: true, force: true })
})

const exporter = (): SpanExporter => {
  const { port } = collector.address() as AddressInfo
  const one = new SpanExporter('order', `http://127.0.0.1:${port}`, undefined, new SpanJournal(folder, 'order'))
  started.push(one)
  return one
}
const names = () => received.map(({ name }) => name).sort()
/** As after a process that was killed a minute ago. */
const abandoned = async (): Promise<void> => {
  const aMinuteAgo = new Date(Date.now() - 60_000)
  for (const file of await readdir(folder)) await utimes(join(folder, file), aMinuteAgo, aMinuteAgo)
}

test('what a killed process had not sent is sent by the next one of its service, with the last that was known', async () => {
  const killed = new SpanJournal(folder, 'order')
  killed.append(span(1, 'expected, and then recorded', { endedAt: 1_000 }))
  killed.append(span(1, 'recorded'))
  killed.append(span(2, 'expected'))
  new SpanJournal(folder, 'payment').append(span(3, "another service's"))
  await writeFile(join(folder, 'order.half'), '{"traceparent":"00-0af76519')
  await abandoned()
  exporter()
  await expect.poll(names, PATIENT).toEqual(['expected', 'recorded'])
  await expect.poll(async () => (await readdir(folder)).map((file) => file.split('.')[0]), PATIENT).toEqual(['payment'])
})

test('spans of a process that lives are its own, and are gone from the disk once they are sent', async () => {
  const living = new SpanJournal(folder, 'order')
  living.append(span(1, 'of another process'))
  const ours = exporter()
  ours.record(span(2, 'ours'))
  await expect.poll(() => readdir(folder), PATIENT).toHaveLength(2)
  await expect.poll(names, PATIENT).toEqual(['ours'])
  await expect.poll(() => readdir(folder), PATIENT).toHaveLength(1)
})

test('a span of which nobody says how it ended is sent when the process stops, once', async () => {
  const stopping = exporter()
  stopping.expect(span(1, 'expected'))
  stopping.expect(span(2, 'expected, and then recorded'))
  stopping.record(span(2, 'recorded', { links: [span(7, '').traceparent] }))
  await stopping.flush()
  expect(names()).toEqual(['expected', 'recorded'])
  expect(received.find(({ name }) => name === 'recorded')?.links).toEqual([
    { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '0000000000000007' },
  ])
  expect(await readdir(folder)).toEqual([])
})

test('a collector that comes late is sent everything, many at a time', async () => {
  const { port } = collector.address() as AddressInfo
  const patient = exporter()
  await new Promise((resolve) => collector.close(resolve))
  for (let n = 1; n <= 500; n++) patient.record(span(n, `span ${n}`))
  await expect.poll(() => readdir(folder), PATIENT).toHaveLength(1)
  await new Promise<void>((resolve) => collector.listen(port, '127.0.0.1', resolve))
  await expect.poll(() => received.length, PATIENT).toBe(500)
  await expect.poll(() => readdir(folder), PATIENT).toEqual([])
})
