import type { FastifyInstance } from 'fastify'

/** Which methods are served where, gathered while routes are registered: what a 405 has to name in `Allow`. */
export class ServedMethods {
  readonly #methods = new Map<string, Set<string>>()
  readonly #patterns = new Map<string, RegExp>()

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ method, url }) => {
      // A wildcard (CORS, static files) says nothing about what is there.
      if (url.includes('*')) return
      const methods = this.#methods.get(url) ?? new Set()
      this.#methods.set(url, methods)
      this.#patterns.set(url, patternOf(url))
      for (const each of [method].flat()) methods.add(each)
    })
  }

  /** Sorted; none when nothing is served at this address. */
  at(pathAndQuery: string): string[] {
    const path = pathAndQuery.replace(/[?#].*$/s, '')
    const methods = [...this.#patterns]
      .filter(([, pattern]) => pattern.test(path))
      .flatMap(([url]) => [...this.#methods.get(url)!])
    return [...new Set(methods)].sort()
  }
}

/** Of a route as Fastify writes it: `/orders/:orderId`. */
const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.+?^$()[\]{}|\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}/?$`)
