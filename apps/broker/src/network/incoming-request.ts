import {
  encodeResponse,
  MalformedError,
  Reader,
  type RequestHeader,
  readRequestHeader,
  skipHeaderTags,
} from '#libs/kafka-protocol'
import { findHandler } from '../dispatch.ts'
import { CLOSE, type Handler, NO_RESPONSE } from '../handler.ts'
import type { Authenticator } from '../security/authentication/authenticator.ts'

/** What one frame asks for, and who answers it. */
export interface IncomingRequest {
  readonly header: RequestHeader
  readonly handler: Handler
  readonly body: Parameters<Handler['handle']>[0]
}

/**
 * Throws `MalformedError` for what does not follow the protocol, asks for what is not here, or for what the client has not
 * proven to be entitled to: nothing of the body is read then.
 */
export function readRequest(frame: Buffer, authenticator: Pick<Authenticator, 'problemWith'>): IncomingRequest {
  const reader = new Reader(frame)
  const header = readRequestHeader(reader)
  const problem = authenticator.problemWith(header.apiKey)
  if (problem !== undefined) throw new MalformedError(problem)
  const handler = findHandler(header.apiKey, header.apiVersion)
  if (handler === undefined) {
    throw new MalformedError(`api key ${header.apiKey} version ${header.apiVersion} is not supported`)
  }
  return { header, handler, body: readBody(reader, handler, header) }
}

function readBody(reader: Reader, { api }: Handler, { apiVersion }: RequestHeader): IncomingRequest['body'] {
  // An ApiVersions of the future cannot be read at all; its handler answers without looking at the body.
  if (apiVersion > api.versions.max) return api.emptyRequest
  if (api.isFlexible(apiVersion)) skipHeaderTags(reader)
  return api.readRequest(reader, apiVersion)
}

/** What is sent for it, which may be nothing; `CLOSE` when that is the answer. */
export function answerTo(
  { header, handler: { api } }: IncomingRequest,
  value: Awaited<ReturnType<Handler['handle']>>,
): readonly Buffer[] | typeof CLOSE {
  if (value === CLOSE) return CLOSE
  if (value === NO_RESPONSE) return []
  const version = header.apiVersion > api.versions.max ? 0 : header.apiVersion
  return encodeResponse(api, version, header.correlationId, value)
}
