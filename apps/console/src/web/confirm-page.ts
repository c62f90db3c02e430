import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { giveToken, TOKEN_COOKIE, TOKEN_HEADER } from './csrf.ts'

/** Whoever gets the mail has no login here: they see this and nothing of the console. */
const SCRIPT = `
const said = document.querySelector('[role=status]')
const button = document.querySelector('button')
const link = location.hash.slice(1)
// It stays in nobody's history, and no screen shares it.
history.replaceState(null, '', location.pathname)
const cookie = document.cookie.split('; ').find((each) => each.startsWith('${TOKEN_COOKIE}='))
const headers = { 'content-type': 'application/json', '${TOKEN_HEADER}': (cookie || '').slice(${TOKEN_COOKIE.length + 1}) }
const WORDS = { 404: 'This link is not known here.', 410: 'This link holds no longer. Ask for another mail.' }
const confirm = async () => {
  button.disabled = true
  said.textContent = ''
  const answer = await fetch('/api/subscriptions/confirm', {
    method: 'POST', headers, body: JSON.stringify({ token: link }),
  }).catch(() => ({ status: 0 }))
  if (answer.status === 200) {
    said.textContent = 'Confirmed. This address gets messages from now on.'
    button.remove()
  } else {
    said.textContent = WORDS[answer.status] || 'That did not work. Please try again in a moment.'
    button.disabled = answer.status in WORDS
  }
}
button.addEventListener('click', () => void confirm())
`

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Confirm your address – Waybill</title></head>
<body><main><h1>Confirm your address</h1>
<p>Somebody wants Waybill to send messages about orders to the address at which you got this link.</p>
<p><button type="button">Yes, send them</button></p>
<p role="status"></p></main>
<script>${SCRIPT}</script></body>
</html>
`

const POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * A Fastify plugin: where the link in a mail leads that asks an address whether it wants to be told. The page says yes
 * when somebody presses its button, so that programs that follow the links in mails confirm nothing.
 */
export const serveConfirmPage = async (fastify: FastifyInstance): Promise<void> => {
  fastify.get('/confirm-subscription', (request, reply) => {
    giveToken(request, reply)
    return reply
      .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .type('text/html; charset=utf-8')
      .send(PAGE)
  })
}
