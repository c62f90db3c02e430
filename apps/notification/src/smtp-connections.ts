import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { ComposedMail } from './compose-mail.ts'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** Connections at most; each has one mail under way. */
  readonly connections: number
  /** For connecting, and for every answer. */
  readonly timeoutMs: number
}

interface Waiting {
  resolve(connection: SMTPConnection): void
  reject(error: unknown): void
}

/**
 * A few kept connections to one mail server, opened when they are needed. Whatever goes wrong with a mail ends its
 * connection too: the mail is rejected, and the next one gets a fresh connection.
 */
export class SmtpConnections {
  /** With what rejects whatever waits for the connection. */
  readonly #open = new Map<SMTPConnection, (error: unknown) => void>()
  readonly #idle: SMTPConnection[] = []
  readonly #waiting: Waiting[] = []

  constructor(private readonly server: SmtpServer) {}

  /** Resolves when the server has taken the mail over. */
  async send({ envelope, content }: ComposedMail): Promise<void> {
    const connection = await this.#take()
    await new Promise<void>((resolve, reject) => {
      this.#open.set(connection, reject)
      connection.send(envelope, content, (error) => {
        if (error !== null) {
          reject(error)
          connection.close()
          return
        }
        resolve()
        this.#giveBack(connection)
      })
    })
  }

  /** Mails under way or waiting are rejected. */
  close(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the mailer is closed'))
    for (const connection of this.#open.keys()) connection.close()
  }

  async #take(): Promise<SMTPConnection> {
    // The one used last, so that those which little needs end by their timeout.
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#open.size < this.server.connections) return this.#connect()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #giveBack(connection: SMTPConnection): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next.resolve(connection)
  }

  #connect(): Promise<SMTPConnection> {
    const { host, port, timeoutMs } = this.server
    const timeouts = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs }
    const connection = new SMTPConnection({ host, port, ignoreTLS: true, ...timeouts })
    return new Promise((resolve, reject) => {
      this.#open.set(connection, reject)
      // Nobody waits for an idle one that breaks; then these say nothing.
      connection.on('error', (error) => this.#open.get(connection)?.(error))
      connection.once('end', () => this.#ended(connection))
      connection.connect((error) => (error === undefined ? resolve(connection) : reject(error)))
    })
  }

  #ended(connection: SMTPConnection): void {
    const reject = this.#open.get(connection)
    // Later than the mail itself is told why, when there is a reason.
    queueMicrotask(() => reject?.(new Error('the connection to the mail server was closed')))
    this.#open.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    const next = this.#waiting.shift()
    if (next !== undefined) this.#connect().then(next.resolve, next.reject)
  }
}
