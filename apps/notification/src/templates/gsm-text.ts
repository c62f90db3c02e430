/** What one SMS holds, in the alphabet of GSM 03.38; with any other character in it, it would hold 70. */
export const SMS_LENGTH = 160

const GSM = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Letters that no accent makes, as one writes them without. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ł: 'l', Ł: 'L', đ: 'd', Đ: 'D', ð: 'd', þ: 'th', ı: 'i', œ: 'oe', Œ: 'OE', ẞ: 'SS' },
  ...{ '’': "'", '‘': "'", '“': '"', '”': '"', '„': '"', '–': '-', '—': '-', '…': '...', '\u00a0': ' ' },
}

/** In GSM letters: accents that the alphabet lacks are left out, what it cannot write at all is a question mark. */
export const inGsmLetters = (text: string): string =>
  Array.from(text.normalize('NFC'), (letter) => {
    if (GSM.has(letter)) return letter
    const plain = PLAIN[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '')
    return plain !== '' && Array.from(plain).every((one) => GSM.has(one)) ? plain : '?'
  }).join('')

/** One SMS: where the text is too long the name gives way, and then its end. */
export const fitSms = (name: string | undefined, textWith: (name: string | undefined) => string): string => {
  const text = inGsmLetters(textWith(name))
  if (text.length <= SMS_LENGTH) return text
  const plainName = inGsmLetters(name ?? '')
  const room = plainName.length - (text.length - SMS_LENGTH) - 1
  const shorter = inGsmLetters(textWith(room > 0 ? `${plainName.slice(0, room).trimEnd()}.` : undefined))
  return shorter.length <= SMS_LENGTH ? shorter : `${shorter.slice(0, SMS_LENGTH - 3)}...`
}
