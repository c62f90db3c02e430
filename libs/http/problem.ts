import { STATUS_CODES } from 'node:http'

/** A problem as RFC 9457 describes it; everything that is not 2xx is answered in this shape. */
export interface ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly [extension: string]: unknown
}

const TYPE_PREFIX = 'urn:waybill:problem:'
/** When a caller that hears 503 may ask again, unless the problem says so itself. Seconds. */
const RETRY_AFTER = '1'

/**
 * Thrown by a controller to answer with problem+json. `type` is a short name such as `out-of-date`, sent as
 * `urn:waybill:problem:out-of-date`; without one the status says it all (`about:blank`).
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly details: ProblemDetails
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly status: number,
    options: {
      readonly type?: string
      readonly title?: string
      readonly detail?: string
      readonly extensions?: Readonly<Record<string, unknown>>
      /** Header fields that the status asks for, e.g. `allow` with 405. */
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    const title = options.title ?? STATUS_CODES[status] ?? 'Error'
    super(options.detail ?? title)
    this.headers = { ...(status === 503 && { 'retry-after': RETRY_AFTER }), ...options.headers }
    this.details = {
      ...options.extensions,
      type: options.type === undefined ? 'about:blank' : TYPE_PREFIX + options.type,
      title,
      status,
      ...(options.detail === undefined ? {} : { detail: options.detail }),
    }
  }
}
