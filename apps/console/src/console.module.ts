import { readFileSync } from 'node:fs'
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { healthModule } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { PersonalData } from '#libs/personal-data'
import { AlertWatch } from './alerts/alert-watch.ts'
import { readRules } from './alerts/rules.ts'
import { AlertsController } from './api/alerts.controller.ts'
import { ExportController } from './api/export.controller.ts'
import { FilterPreviewController } from './api/filter-preview.controller.ts'
import { LogLevelsController } from './api/log-levels.controller.ts'
import { MessagesController } from './api/messages.controller.ts'
import { OperatorsController } from './api/operators.controller.ts'
import { OracleController } from './api/oracle.controller.ts'
import { ProcessesController } from './api/processes.controller.ts'
import { SystemController } from './api/system.controller.ts'
import { TopicsController } from './api/topics.controller.ts'
import type { Config } from './config.ts'
import { Forwarder } from './forwarder.ts'
import { KafkaView } from './kafka-view.ts'
import { Supervisor } from './processes/supervisor.ts'
import { SUPERVISOR } from './processes/token.ts'
import { servicesOf } from './services.ts'
import { TraceStore } from './traces/trace-store.ts'
import { TracesController } from './traces/traces.controller.ts'

@Module({})
export class ConsoleModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly reader: TopicReader,
    private readonly alerts: AlertWatch,
    private readonly personal: PersonalData,
    @Inject(SUPERVISOR) private readonly supervisor: Supervisor | null,
  ) {}

  onApplicationBootstrap(): void {
    this.alerts.start()
  }

  async onApplicationShutdown(): Promise<void> {
    this.alerts.stop()
    this.reader.close()
    await this.forwarder.close()
    await this.personal.close()
    await this.supervisor?.close()
  }
}

export const consoleModule = (config: Config): DynamicModule => ({
  module: ConsoleModule,
  imports: [healthModule({})],
  controllers: [
    AlertsController,
    ExportController,
    FilterPreviewController,
    LogLevelsController,
    MessagesController,
    OperatorsController,
    OracleController,
    ProcessesController,
    SystemController,
    TopicsController,
    TracesController,
  ],
  providers: [
    { provide: Forwarder, useValue: new Forwarder(servicesOf(config), config.SERVICE_KEY_FILE) },
    { provide: TopicReader, useValue: new TopicReader({ brokers: config.KAFKA_BROKERS, clientId: 'console' }) },
    { provide: PersonalData, useValue: new PersonalData(config) },
    { provide: TraceStore, useValue: new TraceStore() },
    { provide: SUPERVISOR, useValue: supervisorOf(config) },
    {
      provide: AlertWatch,
      inject: [Forwarder, KafkaView, TopicReader],
      useFactory: (forwarder: Forwarder, kafka: KafkaView, reader: TopicReader) =>
        new AlertWatch({
          ...{ forwarder, kafka, reader, brokerUrl: config.BROKER_METRICS_URL },
          rules: readRules(readFileSync(config.ALERT_RULES, 'utf8')),
        }),
    },
    { provide: KafkaView, useValue: new KafkaView({ brokers: config.KAFKA_BROKERS, clientId: 'console' }) },
  ],
})

const supervisorOf = ({ SUPERVISOR_URL: url, SUPERVISOR_TOKEN: token }: Config): Supervisor | null =>
  url === undefined || token === undefined ? null : new Supervisor(url, token)
