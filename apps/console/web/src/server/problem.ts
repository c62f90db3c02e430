/** What the gateway says when it refuses, as RFC 9457 has it. */
export interface ProblemBody {
  readonly type?: string
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  readonly reason?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  /** Services that did not answer. */
  readonly missing?: readonly string[]
}

/** An answer that is not a success. */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
  ) {
    super(body.detail ?? body.title ?? `answered ${status}`)
  }
}

/** No answer at all: the gateway itself cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super('The gateway does not answer.')
  }
}

export const isNotLoggedIn = (error: unknown): boolean => error instanceof ServerProblem && error.status === 401

/** Who asks is not let in, or may not. */
export const isRefusal = (error: unknown): boolean =>
  isNotLoggedIn(error) || (error instanceof ServerProblem && error.status === 403)

/** What went wrong and what to do about it, in words. */
export const explain = (error: unknown): { what: string; todo: string } => {
  if (error instanceof Unreachable)
    return {
      what: 'The gateway cannot be reached',
      todo: 'It may be starting again. The page goes on by itself as soon as it answers; if it does not, look whether npm start still runs.',
    }
  if (!(error instanceof ServerProblem))
    return { what: 'Something went wrong in this page', todo: error instanceof Error ? error.message : String(error) }
  if (isNotLoggedIn(error))
    return {
      what: 'You are not logged in',
      todo: 'The login was not finished, or it has led to no session: does this browser keep cookies? “Log in” is at the foot of the navigation.',
    }
  if (error.status === 404) return { what: 'Not found', todo: error.message }
  if (error.status === 503 || error.status === 504)
    return {
      what: 'A service is away',
      todo: `${error.message}. The rest of the page goes on; this part is asked for again.`,
    }
  return { what: error.body.title ?? `Refused (${error.status})`, todo: error.message }
}
