/** What can be tried out, by the card that pays: each goes another way through the system. */
export const kinds = [
  { token: 'tok_ok', says: 'a card that is good' },
  { token: 'tok_declined', says: 'a declined card, undone' },
  { token: 'tok_flaky', says: 'a bank that fails at the first try' },
  { token: 'tok_timeout', says: 'a bank that never answers' },
  { token: 'tok_capture_declined', says: 'a capture that fails after the pivot' },
] as const

export type Kind = (typeof kinds)[number]['token']
