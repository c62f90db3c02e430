import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const alias = [
  { find: /^#libs\/(.*)$/, replacement: `${import.meta.dirname}/libs/$1/index.ts` },
  { find: /^#prisma\/(.*)$/, replacement: `${import.meta.dirname}/prisma/$1/client/client.ts` },
]

const FOLDERS = '{apps,libs,scripts,test,bench}'
const postgres = ['libs/testing/postgres.global-setup.ts']

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
          name: 'e2e',
          setupFiles: ['test/support/report-reads.ts'],
          include: [`${FOLDERS}/**/*.e2e.spec.ts`],
          // Each file runs a whole system, which has the machine to itself.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
