/**
 * What no line may show, however it came into it: by an error's message, an address, a whole request. Only the forms that
 * secrets of this system have; what has none, a password in a field, must not be logged in the first place.
 */
const SECRETS = [
  // Of webhooks, and payment tokens in clear.
  /whsec_[\w+/=-]{16,}/,
  /\btok_\w+/,
  /sealed\.v1\.[\w.-]+/,
  // JSON Web Tokens, and whatever follows Bearer or Basic.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/,
  // Passwords in addresses.
  /(?<=\b\w+:\/\/[^\s:/@"]*:)[^\s/@"]+(?=@)/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/,
]
const ANY = new RegExp(SECRETS.map(({ source }) => source).join('|'), 'g')

/** The line with each secret in it replaced. What takes its place needs no escaping in JSON. */
export const redact = (line: string): string => line.replace(ANY, '[secret]')
