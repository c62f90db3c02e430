import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common'
import type { Admin } from 'kafkajs'
import { healthModule } from '#libs/http'
import { kafkaClient } from '#libs/messaging'
import { SystemController } from './api/system.controller.ts'
import type { Config } from './config.ts'
import { Forwarder } from './forwarder.ts'
import { KafkaView } from './kafka-view.ts'
import { servicesOf } from './services.ts'

@Module({})
export class ConsoleModule implements OnApplicationShutdown {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly kafka: KafkaView,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.kafka.close()
    await this.forwarder.close()
  }
}

export const consoleModule = (config: Config): DynamicModule => {
  const admin: Admin = kafkaClient({ brokers: config.KAFKA_BROKERS, clientId: 'console' }, 'briefly').admin()
  return {
    module: ConsoleModule,
    imports: [healthModule({})],
    controllers: [SystemController],
    providers: [
      { provide: Forwarder, useValue: new Forwarder(servicesOf(config)) },
      { provide: KafkaView, useValue: new KafkaView(admin) },
    ],
  }
}
