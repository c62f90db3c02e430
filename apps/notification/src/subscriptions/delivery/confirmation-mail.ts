import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Mail } from '../../compose-mail.ts'

/** A question that was mailed, and what signs the link by which its reader says yes. */
export interface MailedQuestion {
  readonly id: string
  readonly address: string
  readonly secret: string
}

const TOKEN = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.([\w-]{43})$/

/**
 * What only the mailbox gets to see: the question and its signature. It is made anew for each attempt, so that it is the
 * same in every one, and kept nowhere. It is signed for this address: of one that was moved the old one cannot say yes.
 */
export const tokenOf = (question: MailedQuestion): string =>
  `${question.id}.${signatureOf(question).toString('base64url')}`

/** The question that a token is of; undefined of what is no token. Whether it is a true one, `isTrueToken` knows. */
export const questionIn = (token: string): string | undefined => TOKEN.exec(token)?.[1]

export const isTrueToken = (token: string, question: MailedQuestion): boolean => {
  const given = Buffer.from(TOKEN.exec(token)?.[2] ?? '', 'base64url')
  const wanted = signatureOf(question)
  return given.length === wanted.length && questionIn(token) === question.id && timingSafeEqual(given, wanted)
}

const signatureOf = ({ id, address, secret }: MailedQuestion): Buffer =>
  createHmac('sha256', secret).update(`confirm ${id} ${address}`).digest()

/** Whoever has others written to in our name says nothing in it: all of it is ours. */
export const confirmationMail = (question: MailedQuestion, publicUrl: string, until: Date): Mail => {
  // Behind the hash, so that no server's log and no other site gets to see it.
  const link = `${publicUrl.replace(/\/+$/, '')}/confirm-subscription#${tokenOf(question)}`
  return {
    to: question.address,
    subject: 'Please confirm: messages from Waybill to this address',
    text: [
      'Somebody wants Waybill to send messages about orders to this address.',
      'If you want that, say so here:',
      link,
      `The link holds until ${until.toUTCString()}, and for this address only.`,
      'If you do not want that, do nothing: no message is sent then.\n',
    ].join('\n\n'),
    messageId: `<${question.id}@waybill.example>`,
    headers: { 'X-Kind': 'subscription.confirm', 'Auto-Submitted': 'auto-generated' },
  }
}
