import type { FastifyReply } from 'fastify'

const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A page of a sentence and a link, for a browser that cannot be shown the web console. */
export const sendNotice = (reply: FastifyReply, status: number, title: string, text: string): FastifyReply =>
  reply
    .status(status)
    .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${escaped(title)} – Waybill</title></head>
<body><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="/auth/login">Log in</a></p></main></body>
</html>
`)

const escaped = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)
