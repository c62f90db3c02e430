import { Module, type OnApplicationShutdown } from '@nestjs/common'
import { expect, test } from 'vitest'
import { healthModule } from './health.ts'
import { startService } from './start-service.ts'

const config = { HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent', LOG_FORMAT: 'json', SERVICE_AUTH: 'off' } as const

test('a service answers where it says, and a stop refuses the new, finishes the old and then shuts down', async () => {
  const steps: string[] = []
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()

  @Module({
    imports: [
      healthModule({
        slow: async () => {
          asked.resolve()
          await answer.promise
          steps.push('request finished')
        },
      }),
    ],
  })
  class SlowModule implements OnApplicationShutdown {
    onApplicationShutdown() {
      steps.push('shut down')
    }
  }

  const service = await startService(SlowModule, { name: 'slow', config, connect: () => steps.push('connected') })
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200)
  const underWay = fetch(`${service.url}/health/ready`)
  await asked.promise
  const stopped = service.stop()
  answer.resolve()
  expect((await underWay).status).toBe(200)
  await stopped
  await expect(fetch(`${service.url}/health/live`)).rejects.toThrow()
  expect(steps).toEqual(['connected', 'request finished', 'shut down'])
})
