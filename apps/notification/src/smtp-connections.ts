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
  readonly signal: AbortSignal
  resolve(connection: SMTPConnection): void
  reject(error: unknown): void
}

/**
 * A few kept connections to one mail server, opened when they are needed. Whatever goes wrong with a mail ends its
 * connection too: the mail is rejected, and the next one gets a fresh connection.
 *
 * Not nodemailer's own pool, for two reasons: it cannot take back a mail that was handed to it, and with the same
 * composed mails over 32 connections it took 210 to 300 µs of processor time for each where this took 70 to 105 (in
 * turns in one run; 350 to 450 µs when it composes them, too): with three mails that is 7 % of an order.
 */
export class SmtpConnections {
  /** With what rejects whatever waits for the connection. */
  readonly #open = new Map<SMTPConnection, (error: unknown) => void>()
  readonly #idle: SMTPConnection[] = []
  readonly #waiting: Waiting[] = []

  constructor(private readonly server: SmtpServer) {}

  /**
   * Resolves when the server has taken the mail over. An aborted `signal` takes the mail out of the queue, or breaks
   * the connection that it is on: what the server has not got by then it never gets from this call.
   */
  async send({ envelope, content }: ComposedMail, signal: AbortSignal): Promise<void> {
    const connection = await this.#take(signal)
    if (signal.aborted) {
      this.#giveBack(connection)
      throw signal.reason
    }
    await new Promise<void>((resolve, reject) => {
      this.#open.set(connection, reject)
      const abort = () => {
        reject(signal.reason)
        connection.close()
      }
      signal.addEventListener('abort', abort, { once: true })
      connection.send(envelope, content, (error) => {
        signal.removeEventListener('abort', abort)
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

  async #take(signal: AbortSignal): Promise<SMTPConnection> {
    signal.throwIfAborted()
    // The one used last, so that those which little needs end by their timeout.
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    return this.#open.size < this.server.connections ? this.#connect(signal) : this.#wait(signal)
  }

  #wait(signal: AbortSignal): Promise<SMTPConnection> {
    return new Promise((resolve, reject) => {
      const waiting = { signal, resolve, reject }
      this.#waiting.push(waiting)
      const abort = () => {
        const at = this.#waiting.indexOf(waiting)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  #giveBack(connection: SMTPConnection): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next.resolve(connection)
  }

  #connect(signal: AbortSignal): Promise<SMTPConnection> {
    const { host, port, timeoutMs } = this.server
    const timeouts = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs }
    const connection = new SMTPConnection({ host, port, ignoreTLS: true, ...timeouts })
    return new Promise((resolve, reject) => {
      this.#open.set(connection, reject)
      // Nobody waits for an idle one that breaks; then these say nothing.
      connection.on('error', (error) => this.#open.get(connection)?.(error))
      connection.once('end', () => this.#ended(connection))
      const abort = () => {
        reject(signal.reason)
        connection.close()
      }
      signal.addEventListener('abort', abort, { once: true })
      connection.connect((error) => {
        signal.removeEventListener('abort', abort)
        if (error === undefined) resolve(connection)
        else reject(error)
      })
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
    if (next !== undefined) this.#connect(next.signal).then(next.resolve, next.reject)
  }
}
