import { Controller, type DynamicModule, Get, Header, HttpCode, Inject, Module } from '@nestjs/common'
import { describeError, metrics, registry } from '#libs/observability'
import { LogLevelController } from './log-level.controller.ts'
import { Problem } from './problem.ts'

/** Resolves when the thing it checks works and rejects, saying why, when it does not. */
export type HealthCheck = () => Promise<unknown>

const CHECKS = Symbol('health checks')
/** A dependency that does not answer within this time is not ready; the gateway waits a little longer for us. Milliseconds. */
const PATIENCE = 1_500

/** Is this process alive, can it do its work, and what has it done so far. */
@Controller()
class HealthController {
  constructor(@Inject(CHECKS) private readonly checks: Readonly<Record<string, HealthCheck>>) {}

  @Get('health/live')
  live() {
    return { status: 'ok' }
  }

  @Get('health/ready')
  @HttpCode(200)
  async ready() {
    const checks = Object.fromEntries(
      await Promise.all(
        Object.entries(this.checks).map(async ([name, check]) => [name, await outcome(check)] as const),
      ),
    )
    const backlog = await outboxBacklog()
    const known = { checks, ...(backlog !== undefined && { outboxBacklog: backlog }) }
    if (Object.values(checks).every((result) => result === 'ok')) return { status: 'ok', ...known }
    throw new Problem(503, { type: 'not-ready', title: 'Not ready', extensions: known })
  }

  @Get('metrics')
  @Header('content-type', registry.contentType)
  metrics() {
    return registry.metrics()
  }
}

/** Rows of this service's outbox that waited to be published when its relay last looked; undefined without an outbox. */
const outboxBacklog = async (): Promise<number | undefined> =>
  (await registry.getSingleMetric(metrics.outbox.backlog.name)?.get())?.values[0]?.value

const outcome = async (check: HealthCheck): Promise<string> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    await Promise.race([check(), timeout])
    return 'ok'
  } catch (error) {
    return describeError(error)
  } finally {
    clearTimeout(timer)
  }
}

@Module({})
class HealthModule {}

/** Serves `/internal/log-level`, `/health/live`, `/health/ready` (every check passes, else 503 with the reasons) and `/metrics`. */
export const healthModule = (checks: Readonly<Record<string, HealthCheck>>): DynamicModule => ({
  module: HealthModule,
  controllers: [HealthController, LogLevelController],
  providers: [{ provide: CHECKS, useValue: checks }],
})
