import { leaving } from './login.ts'
import { type ProblemBody, ServerProblem, Unreachable } from './problem.ts'

const TOKEN_COOKIE = 'waybill-csrf'
const TOKEN_HEADER = 'x-csrf-token'

export interface Told<T> {
  readonly status: number
  readonly body: T
  /** The answer is that of an earlier request with the same key: nothing happened now. */
  readonly replayed: boolean
  readonly location: string | null
}

interface Write {
  readonly body?: unknown
  /** The `Idempotency-Key`; the same for every repetition of one request. */
  readonly key?: string
  /** Who does it, for the audit trail. */
  readonly actor?: string
}

/** The JSON of a GET. Rejects with `ServerProblem` or `Unreachable`. */
export const ask = async <T>(path: string, signal?: AbortSignal): Promise<T> => {
  const answer = await send(path, { headers: { accept: 'application/json' }, ...(signal && { signal }) })
  return (await answer.json()) as T
}

/** Rejects like `ask`. */
export const tell = async <T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  write: Write = {},
): Promise<Told<T>> => {
  const { body, key, actor } = write
  const headers: Record<string, string> = { accept: 'application/json', [TOKEN_HEADER]: token() }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (key !== undefined) headers['idempotency-key'] = key
  if (actor !== undefined && actor !== '') headers['x-actor'] = actor
  const answer = await send(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await answer.text()
  return {
    status: answer.status,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
    replayed: answer.headers.get('idempotent-replayed') === 'true',
    location: answer.headers.get('location'),
  }
}

/** Parameters that are undefined or empty are left out. */
export const query = (parameters: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

/** A key for one request and its repetitions. */
export const newKey = (): string =>
  // Only a page from https or localhost has randomUUID.
  crypto.randomUUID?.() ??
  [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')

const send = async (path: string, init: RequestInit): Promise<Response> => {
  const answer = await fetch(path, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable()
  })
  if (answer.ok) return answer
  // Nobody waits for more of a page that is being left.
  if (answer.status === 401 && leaving.leave()) return new Promise(() => {})
  throw new ServerProblem(answer.status, await problemIn(answer))
}

const problemIn = async (answer: Response): Promise<ProblemBody> => {
  const text = await answer.text().catch(() => '')
  try {
    return JSON.parse(text) as ProblemBody
  } catch {
    return { title: answer.statusText, detail: text.slice(0, 300) }
  }
}

const token = (): string =>
  document.cookie
    .split('; ')
    .find((each) => each.startsWith(`${TOKEN_COOKIE}=`))
    ?.slice(TOKEN_COOKIE.length + 1) ?? ''
