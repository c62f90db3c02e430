import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as protocol from '../index.ts'
import { type Api, Reader, Writer } from '../index.ts'

const apis = (Object.values(protocol) as unknown[]).filter((value): value is Api => value instanceof protocol.Api)

const bytesOf = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer()
  write(writer)
  return Buffer.concat(writer.buffers())
}

/** Deterministic bytes that decode to something, so that every schema makes its own sample messages. */
const noise = fc.uint8Array({ minLength: 600, maxLength: 600 }).map((bytes) => {
  // Small numbers: lengths that fit and arrays of a few elements.
  return Buffer.from(bytes.map((byte, i) => (i % 2 === 0 ? 0 : byte % 4)))
})

const versionsOf = ({ versions }: Api) =>
  Array.from({ length: versions.max - versions.min + 1 }, (_, i) => versions.min + i)

describe.each(apis.map((api) => [api.name, api] as const))('%s', (_name, api) => {
  test.each(versionsOf(api))('version %i: what is written is read again, and nothing is left over', (version) => {
    const directions = [
      {
        read: (r: Reader) => api.readRequest(r, version),
        write: (w: Writer, m: never) => api.writeRequest(w, version, m),
      },
      {
        read: (r: Reader) => api.readResponse(r, version),
        write: (w: Writer, m: never) => api.writeResponse(w, version, m),
      },
    ]
    for (const { read, write } of directions) {
      fc.assert(
        fc.property(noise, (bytes) => {
          let message: unknown
          try {
            message = read(new Reader(bytes))
          } catch (error) {
            if (error instanceof protocol.MalformedError) return
            throw error
          }
          const written = bytesOf((writer) => write(writer, withRecordLists(message) as never))
          const reader = new Reader(written)
          expect(read(reader)).toEqual(message)
          expect(reader.remaining).toBe(0)
        }),
        { numRuns: 15 },
      )
    }
  })
})

/** Records are decoded as one view and encoded from a list. */
function withRecordLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRecordLists)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) =>
      key === 'records' && Buffer.isBuffer(field) ? [key, [field]] : [key, withRecordLists(field)],
    ),
  )
}
