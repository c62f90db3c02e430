import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, test } from 'vitest'
import { SmtpConnections } from './smtp-connections.ts'

const mail = (content = 'Subject: hello\r\n\r\nworld\r\n') => ({
  envelope: { from: 'orders@waybill.example', to: ['ada@example.com'] },
  content,
})

const patient = new AbortController().signal

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
    await Promise.all(contents.map((content) => mailer.send(mail(content), patient)))
    await mailer.send(mail(), patient)
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
    await expect(mailer.send(mail(), patient)).rejects.toThrow('550 no such mailbox')
    refusing = false
    await mailer.send(mail(), patient)
    expect(server.received).toHaveLength(1)
  })

  test('a server that is not there rejects every mail; once it is back they go through', async () => {
    const first = await startServer()
    using mailer = connectionsTo(first.port)
    await mailer.send(mail(), patient)
    await first.stop()
    const outcomes = await Promise.allSettled(
      [mail(), mail(), mail(), mail(), mail()].map((one) => mailer.send(one, patient)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    await using second = await startServer({}, first.port)
    await mailer.send(mail(), patient)
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
    const waiting = [mailer.send(mail(), patient), mailer.send(mail(), patient)]
    await expect(waiting[0]).rejects.toThrow('421')
    await waiting[1]
    expect(server.received).toHaveLength(1)
  })

  test('a server that does not answer is given up', async () => {
    await using server = await startServer({ onMailFrom: () => undefined })
    using mailer = connectionsTo(server.port, 1, 200)
    await expect(mailer.send(mail(), patient)).rejects.toThrow('Timeout')
  })

  test('an aborted mail never arrives: neither one under way nor one that waits', async () => {
    const held = Promise.withResolvers<() => void>()
    let ended = 0
    await using server = await startServer({
      onRcptTo: (_address, _session, callback) => held.resolve(callback),
      onClose: () => ended++,
    })
    using mailer = connectionsTo(server.port, 1)
    const aborts = [new AbortController(), new AbortController()] as const
    const sent = aborts.map(({ signal }) => mailer.send(mail(), signal))
    const rejected = Promise.all(sent.map((one) => expect(one).rejects.toThrow('too late')))
    const answer = await held.promise
    for (const abort of aborts) abort.abort(new Error('too late'))
    await rejected
    await expect.poll(() => ended).toBe(1)
    answer()
    expect(server.received).toEqual([])
    expect(server.accepted()).toBe(1)
  })

  test('a mail whose turn comes after its abort leaves the connection to the next one', async () => {
    await using server = await startServer()
    using mailer = connectionsTo(server.port, 1)
    const abort = new AbortController()
    const sent = [
      mailer.send(mail('Subject: 1\r\n\r\n.\r\n'), patient),
      mailer.send(mail('Subject: 2\r\n\r\n.\r\n'), abort.signal),
    ]
    const next = mailer.send(mail('Subject: 3\r\n\r\n.\r\n'), patient)
    abort.abort(new Error('too late'))
    await expect(sent[1]).rejects.toThrow('too late')
    await Promise.all([sent[0], next])
    expect(server.received.map((text) => text.slice(0, 10))).toEqual(['Subject: 1', 'Subject: 3'])
  })

  test('closing rejects what waits', async () => {
    await using server = await startServer({ onMailFrom: () => undefined })
    const mailer = connectionsTo(server.port, 1)
    const waiting = [mailer.send(mail(), patient), mailer.send(mail(), patient)].map((sending) =>
      expect(sending).rejects.toThrow(),
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    mailer.close()
    await Promise.all(waiting)
  })
})
