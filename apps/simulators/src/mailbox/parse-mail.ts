export interface ParsedMail {
  /** Name and address: `Waybill <orders@waybill.example>`. */
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly messageId: string | undefined
  readonly kind: string | undefined
  readonly orderId: string | undefined
  readonly correlationId: string | undefined
}

/**
 * What the mailbox keeps of a mail. A single part of plain text in ASCII headers, which is nearly every mail of a
 * system like this, is read here, some ten times cheaper than the full MIME parser that reads everything else.
 */
export const parseMail = async (raw: Buffer): Promise<ParsedMail> => parsePlainMail(raw) ?? parseAnyMail(raw)

export const parsePlainMail = (raw: Buffer): ParsedMail | undefined => {
  const end = raw.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const headers = parseHeaders(raw.toString('latin1', 0, end))
  if (headers === undefined) return undefined
  const type = headers.get('content-type') ?? 'text/plain'
  if (!/^text\/plain(;\s*charset="?(utf-8|us-ascii)"?)?(;\s*format=\w+)?$/i.test(type)) return undefined
  const text = decodeBody(raw.subarray(end + 4), headers.get('content-transfer-encoding')?.toLowerCase() ?? '7bit')
  return text === undefined || /format=flowed/i.test(type) ? undefined : mailOf((name) => headers.get(name), text)
}

/** Undefined when a header needs more than reading: encoded words, or bytes beyond ASCII. */
const parseHeaders = (block: string): Map<string, string> | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII is
  if (block.includes('=?') || /[^\x00-\x7f]/.test(block)) return undefined
  const headers = new Map<string, string>()
  for (const line of block.replace(/\r\n([ \t])/g, '$1').split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

const decodeBody = (body: Buffer, encoding: string): string | undefined => {
  if (encoding === '7bit' || encoding === '8bit') return unixLines(body.toString())
  if (encoding === 'base64') return unixLines(Buffer.from(body.toString('latin1'), 'base64').toString())
  if (encoding === 'quoted-printable') return unixLines(decodeQuotedPrintable(body.toString('latin1')))
  return undefined
}

const decodeQuotedPrintable = (body: string): string =>
  Buffer.from(
    body
      .replace(/[ \t]+(\r\n|$)/g, '$1')
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString()

/** Without the line end that SMTP puts after the last line. */
const unixLines = (text: string): string => text.replaceAll('\r\n', '\n').replace(/\n$/, '')

const parseAnyMail = async (raw: Buffer): Promise<ParsedMail> => {
  // Loaded when the first such mail arrives: with its HTML converters it is half of what this process would load.
  const { simpleParser } = await import('mailparser')
  const mail = await simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true })
  const decoded: Record<string, string | undefined> = {
    from: mail.from?.text,
    subject: mail.subject,
    'message-id': mail.messageId,
  }
  const other = (name: string) => {
    const value = mail.headers.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return mailOf((name) => decoded[name] ?? other(name), (mail.text ?? '').replace(/\n$/, ''))
}

const mailOf = (header: (name: string) => string | undefined, text: string): ParsedMail => ({
  from: header('from') ?? '',
  subject: header('subject') ?? '',
  text,
  messageId: header('message-id'),
  kind: header('x-kind'),
  orderId: header('x-order-id'),
  correlationId: header('x-correlation-id'),
})
