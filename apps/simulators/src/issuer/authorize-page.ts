import { createHash } from 'node:crypto'
import type { DevelopmentUser } from './users.ts'

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}' +
  'li{margin:.5rem 0}ul{padding:0;list-style:none}a{display:block;padding:.5rem .75rem;border:1px solid;border-radius:.375rem}'

/** No script, nothing from elsewhere, no form: the page is a list of links. */
export const AUTHORIZE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** @param linkTo where choosing that user leads; a local address. */
export const authorizePage = (
  users: readonly DevelopmentUser[],
  linkTo: (name: string) => string,
): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in – development issuer</title>
<style>${STYLE}</style></head>
<body><main>
<h1>Log in as</h1>
<ul>
${users.map(({ name, roles }) => `<li><a href="${escaped(linkTo(name))}"><strong>${escaped(name)}</strong>, ${escaped(roles.join(', '))}</a></li>`).join('\n')}
</ul>
<p>This issuer is there to develop with: it asks for no password.</p>
</main></body>
</html>
`

const escaped = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)
