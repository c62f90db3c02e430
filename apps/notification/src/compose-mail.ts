import type { SMTPEnvelope } from 'nodemailer/lib/smtp-connection'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** Says the same as the text, for who prefers that. */
  readonly html?: string
  readonly messageId: string
  /** Further headers, by name. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ComposedMail {
  readonly envelope: SMTPEnvelope
  /** Headers and text as they go over the wire. */
  readonly content: string | Buffer
}

const SENDER = 'orders@waybill.example'
const FROM = `Waybill <${SENDER}>`

/** Goes into a mail as it is: printable ASCII in lines that no server finds too long. */
const PLAIN_HEADER = /^[\x20-\x7e]{0,900}$/
const PLAIN_TEXT = /^[\x20-\x7e\n]{0,900}$/
const PLAIN_ADDRESS = /^[\w+-]+(\.[\w+-]+)*@[\w-]+(\.[\w-]+)+$/

/** What a mail looks like on the wire. Nearly every one is plain and written down as it is; nodemailer encodes the rest. */
export const composeMail = async (mail: Mail): Promise<ComposedMail> => (isPlain(mail) ? plainMail(mail) : encode(mail))

const isPlain = ({ to, subject, text, html, messageId, headers }: Mail): boolean => {
  if (html !== undefined || !PLAIN_ADDRESS.test(to) || !PLAIN_TEXT.test(text)) return false
  for (const name in headers) if (!PLAIN_HEADER.test(headers[name]!)) return false
  return PLAIN_HEADER.test(subject) && PLAIN_HEADER.test(messageId)
}

const plainMail = ({ to, subject, text, messageId, headers }: Mail): ComposedMail => {
  let content = `From: ${FROM}\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: ${messageId}\r\n`
  for (const name in headers) content += `${name}: ${headers[name]}\r\n`
  content += `Date: ${new Date().toUTCString().replace('GMT', '+0000')}\r\nMIME-Version: 1.0\r\n`
  content += 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n'
  return { envelope: { from: SENDER, to: [to] }, content: content + text.replaceAll('\n', '\r\n') }
}

const encode = async (mail: Mail): Promise<ComposedMail> => {
  // Loaded when it is needed, which is hardly ever.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const message = new MailComposer({
    ...mail,
    from: FROM,
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  return { envelope: message.getEnvelope(), content: await message.build() }
}
