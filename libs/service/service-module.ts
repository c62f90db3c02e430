import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown, Optional } from '@nestjs/common'
import { DiscoveryService } from '@nestjs/core'
import { WorkQueues } from '#libs/messaging'
import type { Closable } from './define-service.ts'

export interface Worker {
  start(): void
  stop(): Promise<void>
}

/** What runs in a service beside its HTTP server and its consumer. */
export class Runtime {
  constructor(
    private readonly parts: {
      readonly prepare: () => Promise<void>
      /** Stopped in this order. */
      readonly workers: readonly Worker[]
      /** Ended in this order, when no worker needs them any more. */
      readonly resources: readonly Closable[]
    },
  ) {}

  async start(): Promise<void> {
    await this.parts.prepare()
    for (const worker of this.parts.workers) worker.start()
  }

  async stop(): Promise<void> {
    for (const worker of this.parts.workers) await worker.stop()
    for (const resource of this.parts.resources) await resource.close()
  }
}

/** Starts and ends a service's runtime with its application. */
@Module({})
export class ServiceModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Optional() @Inject(WorkQueues) private readonly queues?: WorkQueues,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    const instances: unknown[] = this.discovery.getProviders().map(({ instance }) => instance)
    this.queues?.bind(instances.filter((instance) => typeof instance === 'object' && instance !== null))
    return this.runtime.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.runtime.stop()
  }
}
