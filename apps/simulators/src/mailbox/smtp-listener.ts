import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import { createLogger } from '#libs/observability'
import type { Mailbox } from './mailbox.ts'
import { parseMail } from './parse-mail.ts'

const log = createLogger('smtp')
const LARGEST_MAIL = 1024 * 1024

/** The mailbox's SMTP side: anyone may deliver, to anyone. A mail is accepted (250) when it is on disk. */
export class SmtpListener {
  private constructor(private readonly server: SMTPServer) {}

  static async start(mailbox: Mailbox, { host, port }: { host: string; port: number }): Promise<SmtpListener> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      size: LARGEST_MAIL,
      onMailFrom: welcome,
      onRcptTo: welcome,
      onData: (stream, session, callback) => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address)
        receive(mailbox, stream, recipients).then(
          () => callback(null),
          (error: unknown) => callback(replyTo(error)),
        )
      },
    })
    // A client that hangs up in the middle of a mail is its own problem.
    server.on('error', (error) => log.debug('connection failed', { error }))
    server.server.on('connection', answerAtOnce)
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject)
      server.listen(port, host, () => {
        server.server.off('error', reject)
        resolve()
      })
    })
    const listener = new SmtpListener(server)
    log.info('listening', { host, port: listener.port })
    return listener
  }

  /** The port that was really taken. */
  get port(): number {
    return (this.server.server.address() as AddressInfo).port
  }

  async check(): Promise<void> {
    if (!this.server.server.listening) throw new Error('not listening')
  }

  /** Finishes the mails under way. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve))
  }
}

/** Anyone, within the turn that the command came in, so that its reply is written together with the others. */
const welcome = (_address: unknown, _session: unknown, callback: () => void): void => callback()

/** Commands that arrived together are answered in one write; writing is the most of what a mail costs here. */
const answerAtOnce = (socket: Socket): void => {
  socket.prependListener('data', () => {
    socket.cork()
    process.nextTick(() => socket.uncork())
  })
}

class MailTooLarge extends Error {}

const receive = async (mailbox: Mailbox, stream: SMTPServerDataStream, recipients: readonly string[]) => {
  const mail = await contentOf(stream)
  await mailbox.deliver(await parseMail(mail), recipients)
}

/** Rejects when the client hangs up in the middle, or sends too much. */
const contentOf = (stream: SMTPServerDataStream): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => {
      if (!stream.sizeExceeded) chunks.push(chunk)
    })
    stream.on('error', reject)
    stream.on('end', () => {
      if (stream.sizeExceeded) reject(new MailTooLarge(`a mail may have ${LARGEST_MAIL} bytes`))
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
  })

/** 552: never send it again. 451: try again later. */
const replyTo = (error: unknown): Error => {
  if (error instanceof MailTooLarge) return Object.assign(error, { responseCode: 552 })
  log.error('mail not stored', { error })
  return Object.assign(new Error('cannot store mail now'), { responseCode: 451 })
}
