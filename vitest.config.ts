import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

const alias = [
  { find: /^#libs\/(.*)$/, replacement: `${import.meta.dirname}/libs/$1/index.ts` },
  { find: /^#prisma\/(.*)$/, replacement: `${import.meta.dirname}/prisma/$1/client/client.ts` },
]

const FOLDERS = '{apps,libs,scripts,test,bench}'
const postgres = ['libs/testing/postgres.global-setup.ts']

/** What they load, or what they measure, needs the whole machine. */
const ALONE = [
  ...['test/e2e/edge', 'test/browser/console'],
  ...['libs/http/fair-timeouts', 'libs/http/collect-at-rest'],
].map((name) => `${name}.e2e.spec.ts`)

const e2e = { setupFiles: ['test/support/report-reads.ts'], testTimeout: 300_000, hookTimeout: 180_000 }

/** A file's suffix names its cost: `.spec` pure, `.int.spec` real Postgres, broker or disk, `.e2e.spec` separate processes. */
export default defineConfig({
  resolve: { alias },
  test: {
    // Many tests wait for something: on a small machine the next file may run meanwhile.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [`${FOLDERS}/**/*.spec.ts`],
          exclude: ['**/*.int.spec.ts', '**/*.e2e.spec.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: [`${FOLDERS}/**/*.int.spec.ts`],
          globalSetup: postgres,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...e2e,
          name: 'e2e',
          include: [`${FOLDERS}/**/*.e2e.spec.ts`],
          exclude: [...configDefaults.exclude, ...ALONE],
          // Each file runs a whole system, which waits more than it works: two share the machine, but not one Kafka.
          maxWorkers: process.env.KAFKA_BROKERS ? 1 : 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...e2e,
          name: 'e2e-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
