import { Pool } from 'undici'
import { exchange, InFlightLimit, jsonOf, Problem, sharedAnswer } from '#libs/http'

const CONNECTIONS = 4
const MOST_IN_FLIGHT = 64
/** A pause has to reach every process of a database server, and a record the disk. */
const ANSWER_MS = 5_000

/** A process as the supervisor sees it. */
export interface SupervisedProcess {
  readonly name: string
  readonly state: 'up' | 'starting' | 'down' | 'paused'
  readonly pid: number | null
  readonly startedAt: string | null
  readonly restarts: number
  readonly memoryBytes: number | null
  readonly pausedUntil: string | null
  readonly lastEnd: { readonly at: string; readonly cause: string } | null
  readonly lines: readonly string[]
  readonly commands: readonly string[]
}

export interface ProcessCommand {
  readonly name: string
  readonly command: string
  readonly key: string
  readonly fingerprint: string
  readonly actor: string
  readonly reason?: string | undefined
}

/** The supervisor of `npm start`, which runs our process beside all others; it gave us its address and a token. */
export class Supervisor {
  readonly #pool: Pool
  readonly #limit = new InFlightLimit(MOST_IN_FLIGHT, 'the supervisor')
  readonly #headers: Readonly<Record<string, string>>
  #processes = this.#look()

  constructor(address: string, token: string) {
    this.#pool = new Pool(address, { connections: CONNECTIONS })
    this.#headers = { authorization: `Bearer ${token}` }
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#ask('GET', path)) as T
  }

  /** However many look, it is asked once a second; after a command at once. */
  processes(): Promise<readonly SupervisedProcess[]> {
    return this.#processes()
  }

  async command(command: ProcessCommand): Promise<Record<string, unknown>> {
    try {
      return await this.#ask('POST', '/commands', JSON.stringify(command))
    } finally {
      this.#processes = this.#look()
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #look(): () => Promise<readonly SupervisedProcess[]> {
    return sharedAnswer(async () => (await this.get<{ items: SupervisedProcess[] }>('/processes')).items)
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: string): Promise<Record<string, unknown>> {
    const request = { method, path, headers: this.#headers, body, signal: AbortSignal.timeout(ANSWER_MS) }
    const answer = await this.#limit
      .run(() => exchange(this.#pool, request))
      .catch((error: Error) => {
        if (error instanceof Problem) throw error
        throw new Problem(503, {
          type: 'unavailable',
          detail: `the supervisor does not answer (${error.message}); does npm start still run?`,
          extensions: { missing: ['supervisor'] },
        })
      })
    const said = jsonOf(answer.body)
    if (answer.status < 400) return said
    const { type = 'supervisor', detail = `the supervisor answered ${answer.status}`, ...extensions } = said
    throw new Problem(answer.status === 401 ? 503 : answer.status, {
      type: String(type),
      detail: String(detail),
      extensions,
    })
  }
}
