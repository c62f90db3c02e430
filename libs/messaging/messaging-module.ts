import { type DynamicModule, type INestApplication, Module } from '@nestjs/common'
import { KafkaBatchServer } from './kafka-batch-server.ts'

@Module({})
class MessagingModule {}

/** Makes the service's consumer part of its application. */
export const messagingModule = (server: KafkaBatchServer): DynamicModule => ({
  module: MessagingModule,
  providers: [{ provide: KafkaBatchServer, useValue: server }],
  exports: [KafkaBatchServer],
})

/** Connects the consumer of `messagingModule` to the application, which then starts and stops it. */
export const connectConsumers = (app: INestApplication): void => {
  const microservice = app.connectMicroservice({ strategy: app.get(KafkaBatchServer) }, { deferInitialization: true })
  // The application has run the modules' init hooks; listening must not run them again.
  ;(microservice as unknown as { setIsInitHookCalled(called: boolean): void }).setIsInitHookCalled(true)
}
