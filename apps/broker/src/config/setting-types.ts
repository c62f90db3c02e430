import { STANDARD_AUTHORIZER } from '../security/authorization/acl.ts'

export type SettingKind = 'boolean' | 'int' | 'long' | 'double' | 'string' | 'list' | 'password'

/** One setting: what it may be and what it is when nobody says. */
export interface Definition<T> {
  readonly kind: SettingKind
  readonly fallback: T
  /** The value, or what is wrong with the text. */
  readonly parse: (text: string) => T | SettingProblem
  /** It can be changed while the broker runs. */
  readonly dynamic?: boolean
}

export class SettingProblem {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

const MAX_INT = 2 ** 31 - 1
/** Kafka's "never" is 2^63 - 1, which tools send literally. */
const LONG_MAX = '9223372036854775807'

/** A value as clients are told it. */
export const textOf = (value: string | number | boolean): string =>
  value === Number.MAX_SAFE_INTEGER ? LONG_MAX : String(value)

function number(kind: 'int' | 'long' | 'double', fallback: number, min: number, max: number): Definition<number> {
  const isNumber = kind === 'double' ? /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/ : /^-?\d+$/
  return {
    kind,
    fallback,
    parse: (text) => {
      const trimmed = text.trim()
      if (kind === 'long' && trimmed === LONG_MAX) return max
      if (!isNumber.test(trimmed)) return new SettingProblem(`Not a number of type ${kind.toUpperCase()}`)
      const value = Number(trimmed)
      if (value < min) return new SettingProblem(`Value must be at least ${min}`)
      return value > max ? new SettingProblem(`Value must be no more than ${max}`) : value
    },
  }
}
export const int = (fallback: number, min = 0, max = MAX_INT) => number('int', fallback, min, max)
export const long = (fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER) => number('long', fallback, min, max)
export const double = (fallback: number, min = 0, max = Number.MAX_VALUE) => number('double', fallback, min, max)

/** -1 is the library's own choice, as is everything between 1 and 9. */
export const gzipLevel: Definition<number> = {
  ...int(-1, -1, 9),
  parse: (text) =>
    text.trim() === '0' ? new SettingProblem('Value must be -1 or from 1 to 9') : int(-1, -1, 9).parse(text),
}

export const bool = (fallback: boolean): Definition<boolean> => ({
  kind: 'boolean',
  fallback,
  parse: (text) => {
    const value = text.trim().toLowerCase()
    return value === 'true'
      ? true
      : value === 'false'
        ? false
        : new SettingProblem('Expected value to be true or false')
  },
})

export const oneOf = <const T extends string>(fallback: T, ...others: T[]): Definition<T> => ({
  kind: 'string',
  fallback,
  parse: (text) => {
    const known = [fallback, ...others].find((value) => value.toLowerCase() === text.trim().toLowerCase())
    return known ?? new SettingProblem(`String must be one of: ${[fallback, ...others].join(', ')}`)
  },
})

export const text = (fallback: string): Definition<string> => ({ kind: 'string', fallback, parse: (value) => value })

/** Told to nobody, neither by the broker nor in its log. */
export const password: Definition<string> = { ...text(''), kind: 'password' }

export const list = (fallback: string): Definition<string> => ({ ...text(fallback), kind: 'list' })

/** `delete`, `compact`, both, or nothing: then records stay for ever. */
export const cleanupPolicy = (fallback: string): Definition<string> => ({
  kind: 'list',
  fallback,
  parse: (value) => {
    const policies = value.split(',').map((policy) => policy.trim())
    if (value.trim() === '') return ''
    const known = policies.every((policy) => policy === 'delete' || policy === 'compact')
    return known ? [...new Set(policies)].join(',') : new SettingProblem('String must be one of: compact, delete')
  },
})

/** Names of assignors, of those that there are, the default first. */
export const assignorList: Definition<string> = {
  kind: 'list',
  fallback: 'uniform,range',
  parse: (value) => {
    const names = value.split(',').map((name) => name.trim())
    const known = names.every((name) => name === 'uniform' || name === 'range') && new Set(names).size === names.length
    return known ? names.join(',') : new SettingProblem('There are the assignors uniform and range')
  },
}

/** Unset unless somebody sets it: another setting speaks then. */
export const unset = <T>(definition: Definition<T>): Definition<T | null> => ({ ...definition, fallback: null })

export const dynamic = <T>(definition: Definition<T>): Definition<T> => ({ ...definition, dynamic: true })

/** Principals of the form `User:admin`, separated by semicolons, since names may have commas. */
export const principals: Definition<string> = {
  ...text(''),
  parse: (value) => {
    const names = value.split(';').map((name) => name.trim())
    const wrong = names.find((name) => name !== '' && !/^[^:]+:.+$/.test(name))
    return wrong === undefined ? value : new SettingProblem(`expected principals of the form User:name, found ${wrong}`)
  },
}

/** Kafka's own authorizer, which is what this broker does; without a name there is none. */
export const authorizerClass: Definition<string> = {
  ...text(''),
  parse: (value) =>
    value === '' || value === STANDARD_AUTHORIZER
      ? value
      : new SettingProblem(`must be ${STANDARD_AUTHORIZER}: Java classes cannot be loaded`),
}
