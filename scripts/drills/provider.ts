import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { credentials } from '#libs/service-tokens'
import { keyFilesIn } from '../key-files.ts'
import type { SystemUnderDrill } from './drill.ts'

export interface Money {
  readonly amount: number
  readonly currency: string
}

/** What somebody does by hand at the payment provider, on its own pages, which the system hears nothing of. */
export const byHandAtProvider = async <T>(system: SystemUnderDrill, what: string, body: object): Promise<T> => {
  const file = join(system.data, 'ports.json')
  if (!existsSync(file)) throw new Error(`${file} is not there: name the system's data folder with --data`)
  const { simulators } = JSON.parse(readFileSync(file, 'utf8')) as { simulators: number }
  const path = `/payment/${what}`
  const signed = credentials(keyFilesIn(system.data).serviceKeys, 'payment', 'simulators')({ method: 'POST', path })
  const answer = await fetch(`http://127.0.0.1:${simulators}${path}`, {
    method: 'POST',
    headers: { ...signed, 'content-type': 'application/json', 'idempotency-key': `by-hand-${randomUUID()}` },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}: ${text}`)
  return JSON.parse(text) as T
}
