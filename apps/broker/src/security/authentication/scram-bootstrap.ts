import type { ScramChange } from './scram-control.ts'
import {
  credentialOf,
  credentialOfSalted,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramName,
  scramIdOf,
} from './scram-credential.ts'

const SPEC = /^\s*(SCRAM-SHA-256|SCRAM-SHA-512)=\[(.*)\]\s*$/
const OPTION = /\s*([a-z]+)=(?:"([^"]*)"|([^",]*))\s*(?:,|$)/y

/**
 * A user to begin with, as `kafka-storage --add-scram` takes it:
 * `SCRAM-SHA-256=[name=alice,password=secret]`, with `iterations`, `salt` and `saltedpassword` (Base64) if wanted.
 * What is wrong is said without the text, which is secret.
 */
export function readScramSpec(spec: string): ScramChange | { readonly problem: string } {
  const [, mechanism, body] = SPEC.exec(spec) ?? []
  if (mechanism === undefined) return problem('it is not of the form SCRAM-SHA-256=[name=…,password=…]')
  const options = optionsIn(body!)
  if (options === undefined) return problem('between the brackets there are name=value, with commas between them')
  const { name, password, salt, saltedpassword, iterations = `${MIN_ITERATIONS}`, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return problem(`it has an unknown part "${unknown}"`)
  if (name === undefined || name === '') return problem('it has no name')
  if ((password === undefined) === (saltedpassword === undefined)) {
    return problem('it needs either password or saltedpassword')
  }
  const count = Number(iterations)
  if (!Number.isInteger(count) || count < MIN_ITERATIONS || count > MAX_ITERATIONS) {
    return problem(`iterations are from ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`)
  }
  if (saltedpassword !== undefined && salt === undefined) return problem('saltedpassword needs its salt')
  const id = scramIdOf(mechanism as ScramName)
  const bytes = salt === undefined ? undefined : Buffer.from(salt, 'base64')
  const credential =
    saltedpassword === undefined
      ? credentialOf(id, password!, count, bytes)
      : credentialOfSalted(id, Buffer.from(saltedpassword, 'base64'), bytes!, count)
  return { user: name, mechanism: id, credential }
}

function optionsIn(body: string): Readonly<Record<string, string>> | undefined {
  const options: Record<string, string> = {}
  OPTION.lastIndex = 0
  while (OPTION.lastIndex < body.length) {
    const match = OPTION.exec(body)
    if (match === null) return undefined
    options[match[1]!] = match[2] ?? match[3]!
  }
  return options
}

const problem = (text: string) => ({ problem: text })
