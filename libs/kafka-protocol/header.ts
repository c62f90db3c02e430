import type { Api } from './api.ts'
import type { RequestHeader } from './frame.ts'
import { MalformedError, type Reader } from './reader.ts'
import { Writer } from './writer.ts'

const API_VERSIONS = 18

/** The part of the header whose shape does not depend on what is asked; `readHeaderTags` completes it. */
export function readRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const length = reader.int16()
  return { apiKey, apiVersion, correlationId, clientId: length < 0 ? null : reader.string(length) }
}

/** Flexible requests carry a tag buffer in their header; none of its tags is defined for clients. */
export function skipHeaderTags(reader: Reader): void {
  const count = reader.count(reader.uvarint())
  for (let i = 0; i < count; i++) {
    reader.uvarint()
    reader.slice(reader.uvarint())
  }
}

/**
 * A whole response, length first. The header of ApiVersions never has a tag buffer: its reader does not know yet what
 * the broker speaks.
 */
export function encodeResponse<R>(
  api: { key: number; isFlexible(version: number): boolean; writeResponse(w: Writer, version: number, body: R): void },
  version: number,
  correlationId: number,
  body: R,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  if (api.isFlexible(version) && api.key !== API_VERSIONS) writer.uvarint(0)
  api.writeResponse(writer, version, body)
  return withLength(writer)
}

/** A whole request, length first. */
export function encodeRequest<Q>(
  api: { key: number; isFlexible(version: number): boolean; writeRequest(w: Writer, version: number, body: Q): void },
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: Q,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(header.correlationId)
  const clientIdBytes = header.clientId === null ? -1 : Buffer.byteLength(header.clientId)
  writer.int16(clientIdBytes)
  if (header.clientId !== null) writer.string(header.clientId, clientIdBytes)
  if (api.isFlexible(version)) writer.uvarint(0)
  api.writeRequest(writer, version, body)
  return withLength(writer)
}

/** The body of a response frame whose request is known. */
export function readResponseHeader(reader: Reader, api: Api, version: number): number {
  const correlationId = reader.int32()
  if (api.isFlexible(version) && api.key !== API_VERSIONS) skipHeaderTags(reader)
  return correlationId
}

function withLength(writer: Writer): Buffer[] {
  const buffers = writer.buffers()
  const first = buffers[0]
  if (first === undefined) throw new MalformedError('an empty message')
  first.writeInt32BE(writer.length - 4, 0)
  return buffers
}
