import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/**
 * Who may import whom, by directory. Inside one directory of this table everything may import everything; across
 * them, only what is listed. `npm` lists the packages allowed; `'*'` allows any.
 */
const rules: Record<string, { repo: string[]; npm: string[] | '*'; node?: boolean }> = {
  'libs/decider': { repo: [], npm: [] },
  'libs/contracts': { repo: [], npm: ['zod'] },
  'libs/kafka-protocol': { repo: [], npm: ['@node-rs/crc32', 'lz4-napi', 'snappy'] },
  'libs/loops': { repo: [], npm: [] },
  'libs/logging': { repo: [], npm: ['pino'] },
  'libs/observability': { repo: ['libs/logging'], npm: ['prom-client'] },
  'libs/database': { repo: ['libs/observability'], npm: ['pg'] },
  'libs/http': { repo: ['libs/observability', 'libs/contracts', 'libs/service-tokens'], npm: '*' },
  'libs/webhooks': { repo: [], npm: [] },
  'libs/service-tokens': { repo: [], npm: [] },
  'libs/sealing': { repo: [], npm: [] },
  'libs/personal-data': { repo: ['libs/database', 'libs/observability'], npm: ['zod'] },
  'libs/audit': { repo: ['libs/database'], npm: [] },
  'libs/inbox': { repo: ['libs/contracts', 'libs/database', 'libs/observability'], npm: [] },
  'libs/outbox': { repo: ['libs/contracts', 'libs/database', 'libs/loops', 'libs/observability'], npm: ['pg'] },
  'libs/idempotency': { repo: ['libs/decider', 'libs/contracts', 'libs/database', 'libs/observability'], npm: [] },
  'libs/effects': {
    repo: ['libs/decider', 'libs/contracts', 'libs/database', 'libs/loops', 'libs/observability'],
    npm: [],
  },
  'libs/event-store': { repo: ['libs/decider', 'libs/contracts', 'libs/database', 'libs/observability'], npm: [] },
  'libs/projections': {
    repo: ['libs/contracts', 'libs/database', 'libs/decider', 'libs/messaging', 'libs/observability'],
    npm: [],
  },
  'libs/saga': {
    repo: [
      ...['libs/decider', 'libs/contracts', 'libs/event-store', 'libs/loops', 'libs/outbox', 'libs/database'],
      'libs/observability',
    ],
    npm: [],
  },
  'libs/saga-steps': { repo: ['libs/decider', 'libs/contracts'], npm: [], node: false },
  'libs/messaging': {
    repo: [
      ...['libs/contracts', 'libs/database', 'libs/decider', 'libs/inbox', 'libs/outbox', 'libs/observability'],
      ...['libs/http', 'libs/kafka-protocol', 'libs/loops'],
    ],
    npm: ['kafkajs', '@nestjs/common', '@nestjs/microservices', 'zod'],
  },
  'libs/streams': { repo: [], npm: [], node: false },
  'libs/stream-tasks': {
    repo: ['libs/kafka-protocol', 'libs/messaging', 'libs/observability'],
    npm: [],
  },
  'libs/request-reply': { repo: ['libs/contracts', 'libs/messaging', 'libs/observability'], npm: [] },
  'libs/archive': {
    repo: ['libs/contracts', 'libs/messaging', 'libs/observability'],
    npm: ['@duckdb/node-api', 'aws4fetch', 'hyparquet', 'hyparquet-writer'],
  },
  'libs/traffic': { repo: ['libs/contracts'], npm: ['zod'] },
  'libs/service': {
    repo: [
      ...['libs/audit', 'libs/contracts', 'libs/database', 'libs/decider', 'libs/effects', 'libs/event-store'],
      ...['libs/http', 'libs/idempotency', 'libs/inbox', 'libs/messaging', 'libs/observability', 'libs/outbox'],
      ...['libs/request-reply', 'libs/saga'],
    ],
    npm: ['@nestjs/common', '@nestjs/core', 'fastify', 'zod'],
  },
  'libs/testing': { repo: ['libs/*', 'scripts'], npm: '*' },
  'apps/broker': {
    repo: ['libs/kafka-protocol', 'libs/logging', 'libs/observability'],
    npm: ['jose', 'prom-client', 're2js'],
  },
  ...Object.fromEntries(
    [
      'order',
      'payment',
      'inventory',
      'fulfillment',
      'notification',
      'query',
      'analytics',
      'console',
      'simulators',
    ].flatMap((app) => [
      [
        `apps/${app}/src/domain`,
        { repo: ['libs/decider', 'libs/contracts', 'libs/saga-steps', 'libs/streams'], npm: [], node: false },
      ],
      [`apps/${app}`, { repo: [`apps/${app}/src/domain`, 'libs/*', `prisma/${app}`], npm: '*' }],
    ]),
  ),
  // What runs in the browser: of what the gateway is made of, it may know the types.
  'apps/console/web': {
    repo: ['apps/console'],
    npm: ['react', 'react-dom', '@tanstack/*', '@xyflow/react', 'uplot', 'zod', 'vite'],
  },
}

const isTest = (file: string): boolean => /\.(spec|contract)\.ts$|\/testing\/|\.fixture\.ts$/.test(file)

const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

/** The longest directory of the table that holds the file. */
const home = (file: string): string | undefined =>
  Object.keys(rules)
    .filter((dir) => file.startsWith(`${dir}/`))
    .sort((a, b) => b.length - a.length)[0]

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /^\s*(?:import\s+|(?:import|export)\b[^'"\n;]*?\bfrom\s+)['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^\} from ['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!)

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** What is wrong with this import, in words, or nothing. */
const violation = (file: string, specifier: string): string | undefined => {
  const from = home(file)!
  const rule = rules[from]!
  if (specifier.startsWith('node:'))
    return rule.node === false ? `${file}: domain code may not import ${specifier}` : undefined
  if (specifier.startsWith('#') || specifier.startsWith('.')) {
    const alias = specifier.match(/^#(libs|prisma)\/(.+)$/)
    if (specifier.startsWith('#') && !alias) return `${file}: unknown alias ${specifier}`
    const target = alias ? `${alias[1]}/${alias[2]}/index.ts` : relative(root, resolve(root, dirname(file), specifier))
    const to =
      target.startsWith('libs/') || target.startsWith('prisma/')
        ? target.split('/').slice(0, 2).join('/')
        : home(target)
    if (to === from) return undefined
    if (!alias && target.startsWith('libs/')) return `${file}: import #${to}, not a file inside of it (${specifier})`
    const allowed = rule.repo.some((entry) => entry === to || (entry === 'libs/*' && to?.startsWith('libs/')))
    if (to === 'libs/testing') return `${file}: libs/testing is for tests only`
    return allowed ? undefined : `${file}: ${from} may not import ${to ?? target}`
  }
  const name = packageName(specifier)
  const scope = `${name.split('/')[0]}/*`
  return rule.npm === '*' || rule.npm.includes(name) || rule.npm.includes(scope)
    ? undefined
    : `${file}: ${from} may not import the package ${name}`
}

describe('import rules', () => {
  const files = [...sources('libs'), ...sources('apps')]

  test('every source file belongs to a directory of the table', () => {
    expect(files.filter((file) => home(file) === undefined)).toEqual([])
  })

  test('nobody imports what it may not', () => {
    const violations = files
      .filter((file) => !isTest(file))
      .flatMap((file) => importsOf(file).map((specifier) => violation(file, specifier)))
      .filter((problem) => problem !== undefined)
    expect(violations).toEqual([])
  })

  test('the checker sees what it must refuse', () => {
    expect(violation('apps/order/src/domain/order.ts', 'node:fs')).toBeDefined()
    expect(violation('apps/order/src/domain/order.ts', 'zod')).toBeDefined()
    expect(violation('apps/order/src/api/orders.controller.ts', '../../../payment/src/config.ts')).toBeDefined()
    expect(violation('libs/contracts/wire.ts', '#libs/database')).toBeDefined()
    expect(violation('apps/broker/src/main.ts', '#libs/messaging')).toBeDefined()
    expect(violation('apps/order/src/main.ts', '#libs/testing')).toBeDefined()
    expect(violation('apps/order/src/main.ts', '#libs/messaging')).toBeUndefined()
  })

  test('the pages take nothing but types from the gateway, and only what builds them is Node', () => {
    const pages = sources('apps/console/web').filter((file) => !isTest(file) && !file.endsWith('vite.config.ts'))
    const taken = pages.flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter((line) => /from ['"](\.\.\/)+src\/|from ['"](#|node:|zod)/.test(line) && !/^import type /.test(line))
        .map((line) => `${file}: ${line}`),
    )
    expect(pages.length).toBeGreaterThan(20)
    expect(taken).toEqual([])
  })

  test('a library has one index.ts, and nothing else has any', () => {
    const indexes = files.filter((file) => file.endsWith('/index.ts'))
    const allowed = readdirSync(join(root, 'libs'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `libs/${entry.name}/index.ts`)
    expect(indexes.filter((file) => !allowed.includes(file))).toEqual([])
  })
})

describe('Prisma', () => {
  test('the models of a pattern are the same in every service, byte for byte', () => {
    const patterns = sourcesOf('libs', '.prisma')
    const copies = sourcesOf('prisma', '.prisma')
    const differing = patterns.flatMap((pattern) => {
      const name = pattern.split('/').at(-1)!
      const text = readFileSync(join(root, pattern), 'utf8')
      return copies
        .filter((copy) => copy.endsWith(`/${name}`) && readFileSync(join(root, copy), 'utf8') !== text)
        .map((copy) => `${copy} differs from ${pattern}`)
    })
    expect(patterns).not.toEqual([])
    expect(differing).toEqual([])
  })
})

function sourcesOf(folder: string, suffix: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => join(folder, file))
}

describe('documents', () => {
  test('every link to a file of this repository leads somewhere', () => {
    const documents = ['README.md', ...sourcesOf('docs', '.md'), ...sourcesOf('bench', '.md')]
    const dead = documents.flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map((match) => join(dirname(document), match[1]!))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${document} links to ${target}, which is not there`),
    )
    expect(dead).toEqual([])
  })

  test('every test that the threat model names is there', () => {
    const named = [...readFileSync(join(root, 'docs/threat-model.md'), 'utf8').matchAll(/`([^`]+\.spec\.ts)`/g)]
    expect(named.length).toBeGreaterThan(20)
    expect(named.map((match) => match[1]!).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
