import { defineConfig } from 'vitest/config'

const alias = [
  { find: /^#libs\/(.*)$/, replacement: `${import.meta.dirname}/libs/$1/index.ts` },
  { find: /^#prisma\/(.*)$/, replacement: `${import.meta.dirname}/prisma/$1/client/client.ts` },
]

/** A file's suffix names its cost: `.spec` pure, `.int.spec` real Postgres, broker or disk, `.e2e.spec` separate processes. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/**/*.spec.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
