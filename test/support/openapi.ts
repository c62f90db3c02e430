import fc, { type Arbitrary } from 'fast-check'

/** The part of an OpenAPI document that tests of the interface walk through. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
}

type Schema = Readonly<Record<string, unknown>>
type Content = Readonly<Record<string, { readonly schema: Schema }>>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Schema
}

interface DescribedOperation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content: Content }>>
}

export interface Operation {
  readonly method: string
  readonly path: string
  readonly operation: DescribedOperation
  readonly parameters: readonly Parameter[]
  /** Of what it takes, if it takes anything. */
  readonly body: Schema | undefined
  /** Path with query, and headers, with these values of `parameters`; undefined leaves one out. */
  address(values: readonly (string | undefined)[]): { path: string; headers: Record<string, string> }
}

/** All of them but streams, whose answers have no end. */
export const operationsOf = ({ paths }: OpenApi): Operation[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      if (operation.responses[200]?.content?.['text/event-stream'] !== undefined) return []
      const parameters = operation.parameters ?? []
      return [
        {
          method: method.toUpperCase(),
          path,
          operation,
          parameters,
          body: operation.requestBody?.content['application/json']?.schema,
          address: (values: readonly (string | undefined)[]) => addressOf(path, parameters, values),
        },
      ]
    }),
  )

const addressOf = (path: string, parameters: readonly Parameter[], values: readonly (string | undefined)[]) => {
  const query: string[] = []
  const headers: Record<string, string> = {}
  let filled = path
  parameters.forEach((parameter, i) => {
    const value = values[i]
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, () => encode(value ?? 'none'))
    else if (value === undefined) return
    else if (parameter.in === 'query') query.push(`${parameter.name}=${encode(value)}`)
    else headers[parameter.name] = value
  })
  return { path: query.length === 0 ? filled : `${filled}?${query.join('&')}`, headers }
}

/** Every byte that is no letter or digit as %XX; what is percent-encoded on purpose stays as it is. */
const encode = (text: string): string =>
  text.startsWith(RAW)
    ? text.slice(RAW.length)
    : encodeURIComponent(text.toWellFormed()).replace(/[.]/g, '%2E') || '%20'

/** Marks a value that goes into the address as it is, e.g. broken percent-encoding. */
const RAW = 'raw:'

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

const NASTY = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    '1e400',
    'NaN',
    '9007199254740993',
    '99999999999999999999',
    'null',
    'true',
    '[]',
    '{}',
  ],
  ...['\0', 'a\0b', '\u0001', '\n', '\u2028', '\ufffe', '\u{1f4a5}', 'ä', "'; DROP TABLE orders; --", '%', '%00'],
  ...[
    '../../etc/passwd',
    '..',
    '.',
    '/',
    '//',
    '?',
    '#',
    '&a=b',
    '__proto__',
    'constructor',
    'x'.repeat(900),
    'x'.repeat(5_000),
  ],
  ...[`${RAW}%ff`, `${RAW}%zz`, `${RAW}%`, `${RAW}%c0%af`, `${RAW}%ed%a0%80`, `${RAW}a&limit=1&limit=2`],
  // Cursors as they are, with what no database knows inside.
  ...[
    '0000-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '-000001-01-01T00:00:00Z',
    '2026-02-30T00:00:00.000Z',
  ].flatMap((at) => [
    base64url(`${at} ${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`),
    base64url(`${at} a\0b`),
    base64url(at),
  ]),
  ...[base64url('\0'), base64url(''), 'order.1', 'order.999999999999999999', 'order.9999999999999999999', 'query.-1'],
]

/** A value for a parameter: good, near to good (`known` names things that are there) or nothing of the kind; undefined for none. */
export const anyParameter = (parameter: Parameter, known: readonly string[]): Arbitrary<string | undefined> => {
  // Nobody can send more than this in a header.
  if (parameter.in === 'header')
    return fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 300, unit: printable }), fc.constant(undefined))
  const good = [...known, ...known.map((name) => name.toUpperCase()), 'payment', 'retry', '1', '200', '500']
  const { enum: values = [] } = parameter.schema as { enum?: string[] }
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(undefined, ...good, ...values) },
    { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
    {
      weight: 1,
      arbitrary: fc.date({ noInvalidDate: true }).map((at) => base64url(`${at.toISOString()} ${known[0]}`)),
    },
    { weight: 1, arbitrary: fc.integer().map(String) },
  )
}

const printable = fc.constantFrom(...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)))

export interface AnyBody {
  readonly bytes: Uint8Array
  readonly headers: Record<string, string>
}

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'text/plain',
  '',
]
const JSON_TYPE = { 'content-type': 'application/json' }

/** A body like the one described with something odd inside, any JSON, any bytes, or none. */
export const anyBody = (schema: Schema | undefined): Arbitrary<AnyBody | undefined> => {
  if (schema === undefined) return fc.constant(undefined)
  const json = fc.oneof({ weight: 3, arbitrary: like(schema) }, { weight: 1, arbitrary: fc.jsonValue() })
  return fc.oneof(
    {
      weight: 6,
      arbitrary: json.map((value) => ({ bytes: Buffer.from(JSON.stringify(value) ?? ''), headers: JSON_TYPE })),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        bytes: fc.uint8Array({ maxLength: 200 }),
        headers: fc
          .constantFrom(...TYPES)
          .map((type): Record<string, string> => (type ? { 'content-type': type } : {})),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constant({ bytes: Buffer.from('{"a":1}'), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }),
    },
  )
}

const ODD = fc.oneof(
  fc.constantFrom<unknown>(...NASTY, '\ud800', null, -1, 0, 1.5, 1e308, 2 ** 53, true, [], {}),
  fc.jsonValue(),
)

/** Mostly as the schema says. */
const like = (schema: Schema): Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: good(schema) }, { weight: 1, arbitrary: ODD })

const good = (schema: Schema): Arbitrary<unknown> => {
  const {
    type,
    properties,
    items,
    enum: values,
    const: constant,
  } = schema as {
    type?: string
    properties?: Record<string, Schema>
    items?: Schema
    enum?: unknown[]
    const?: unknown
  }
  if (constant !== undefined) return fc.constant(constant)
  if (values !== undefined) return fc.constantFrom(...values)
  switch (type) {
    case 'object':
      return fc.record(Object.fromEntries(Object.entries(properties ?? {}).map(([name, each]) => [name, like(each)])))
    case 'array':
      return fc.array(like(items ?? {}), { minLength: 1, maxLength: 3 })
    case 'integer':
      return fc.integer({ min: 1, max: 1_000 })
    case 'number':
      return fc.double({ min: 0, max: 1, noNaN: true })
    default:
      return fc.constantFrom('MUG-WHITE-330', 'fuzz', 'DE', 'tok_ok', 'Umea')
  }
}

/** The schema, in which an object may have nothing that is not described: what is answered must be in the document. */
export const strictly = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
    isDescribedObject(value) ? { ...value, additionalProperties: false } : value,
  ) as Schema

const isDescribedObject = (value: unknown): value is { readonly properties: object } =>
  value !== null && typeof value === 'object' && 'type' in value && value.type === 'object' && 'properties' in value
