import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, test } from 'vitest'
import { SmtpConnections } from './smtp-connections.ts'

const mail = (content = 'Subject: hello\r\n\r\nworld\r\n') => ({
  envelope: { from: 'orders@waybill.example', to: ['ada@example.com'] },
  content,
})

/** A mail server that keeps what it gets; `options` make it behave otherwise. */
const startServer = async (options: SMTPServerOptions = {}, port = 0) => {
  const received: string[] = []
  let accepted = 0
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 10,
    onData: (stream, _session, callback) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      stream.on('end', () => {
        received.push(text)
        callback(null)
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  server.server.on('connection', () => accepted++)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = () => new Promise<void>((resolve) => server.close(resolve))
  return {
    received,
    accepted: () => accepted,
    port: (server.server.address() as AddressInfo).port,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const connectionsTo = (port: number, connections = 2, timeoutMs = 2_000) => {
  const mailer = new SmtpConnections({ host: '127.0.0.1', port, connections, timeoutMs })
  return Object.assign(mailer, { [Symbol.dispose]: () => mailer.close() })
}

describe('SMTP connections', () => {
  test('many mails share few connections, which are kept', async () => {
    await using server = await startServer()
    using mailer = connectionsTo(server.port)
    const contents = Array.from({ length: 50 }, (_, n) => `Subject: ${n}\r\n\r\n.dots\r\n`)
    await Promise.all(contents.map((content) => mailer.send(mail(content))))
    await mailer.send(mail())
    expect(server.received.slice(0, 50).sort()).toEqual(contents.sort())
    expect(server.received).toHaveLength(51)
    expect(server.accepted()).toBe(2)
  })

  test('a refused mail says why, and the next one goes through', async () => {
    let refusing = true
    await using server = await startServer({
      onRcptTo: (_address, _session, callback) =>
        callback(refusing ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null),
    })
    using mailer = connectionsTo(server.port, 1)
    await expect(mailer.send(mail())).rejects.toThrow('550 no such mailbox')
    refusing = false
    await mailer.send(mail())
    expect(server.received).toHaveLength(1)
  })

  test('a server that is not there rejects every mail; once it is back they go through', async () => {
    const first = await startServer()
    using mailer = connectionsTo(first.port)
    await mailer.send(mail())
    await first.stop()
    const outcomes = await Promise.allSettled([mail(), mail(), mail(), mail(), mail()].map((one) => mailer.send(one)))
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    await using second = await startServer({}, first.port)
    await mailer.send(mail())
    expect(second.received).toHaveLength(1)
  })

  test('a connection that breaks in the middle of a mail rejects it', async () => {
    let breaking = true
    await using server = await startServer({
      onRcptTo: (_address, session, callback) => {
        if (!breaking) return callback()
        breaking = false
        // The listener's own error ends the session with 421.
        callback(Object.assign(new Error(`go away, ${session.id}`), { responseCode: 421 }))
      },
    })
    using mailer = connectionsTo(server.port, 1)
    const waiting = [mailer.send(mail()), mailer.send(mail())]
    await expect(waiting[0]).rejects.toThrow('421')
    await waiting[1]
    expect(server.received).toHaveLength(1)
  })

  test('a server that does not answer is given up', async () => {
    await using server = await startServer({ onMailFrom: () => undefined })
    using mailer = connectionsTo(server.port, 1, 200)
    await expect(mailer.send(mail())).rejects.toThrow('Timeout')
  })

  test('closing rejects what waits', async () => {
    await using server = await startServer({ onMailFrom: () => undefined })
    const mailer = connectionsTo(server.port, 1)
    const waiting = [mailer.send(mail()), mailer.send(mail())].map((sending) => expect(sending).rejects.toThrow())
    await new Promise((resolve) => setTimeout(resolve, 100))
    mailer.close()
    await Promise.all(waiting)
  })
})
