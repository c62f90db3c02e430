import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Problem } from '#libs/http'

/** As an alert is named; nothing else is looked for on the disk. */
const NAME = /^[a-z]+(-[a-z]+)*$/

/** A Fastify plugin: what to do about each alert, as it is written down, at `/runbooks/<alert>`. */
export const serveRunbooks =
  (folder: string) =>
  async (fastify: FastifyInstance): Promise<void> => {
    fastify.get<{ Params: { alert: string } }>('/runbooks/:alert', async ({ params: { alert } }, reply) => {
      const text = NAME.test(alert)
        ? await readFile(join(folder, `${alert}.md`), 'utf8').catch(() => undefined)
        : undefined
      if (text === undefined) throw new Problem(404, { detail: 'there is no such runbook' })
      return reply.header('x-content-type-options', 'nosniff').type('text/plain; charset=utf-8').send(text)
    })
  }
