import type { FastifyReply, FastifyRequest } from 'fastify'

interface Kept {
  readonly value: string
  /** Seconds; 0 forgets it. */
  readonly maxAge: number
  readonly path: '/' | '/auth'
  readonly sameSite: 'Lax' | 'Strict'
}

/** The cookie's value as the browser sent it; undefined when there is none, or more than one of that name. */
export const cookieIn = (header: string | undefined, name: string): string | undefined => {
  const found = (header ?? '').split(';').filter((each) => each.trim().startsWith(`${name}=`))
  return found.length === 1 ? found[0]!.trim().slice(name.length + 1) : undefined
}

/** A cookie that no script can read, and that goes over TLS only where the browser came so. */
export const keep = (request: FastifyRequest, reply: FastifyReply, name: string, kept: Kept): void => {
  const secure = cameByTls(request) ? '; Secure' : ''
  const { value, maxAge, path, sameSite } = kept
  const cookie = `${name}=${value}; Path=${path}; Max-Age=${maxAge}; HttpOnly; SameSite=${sameSite}${secure}`
  // Each is a header field of its own; Fastify adds to those that are there.
  reply.header('set-cookie', cookie)
}

/** As the proxy before us says. */
export const cameByTls = ({ headers }: FastifyRequest): boolean => headers['x-forwarded-proto'] === 'https'
