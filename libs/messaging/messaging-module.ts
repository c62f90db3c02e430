import { Catch, type DynamicModule, type INestApplication, Module, type RpcExceptionFilter } from '@nestjs/common'
import { type Observable, throwError } from 'rxjs'
import { KafkaBatchServer } from './kafka-batch-server.ts'
import { ParkedController } from './parking/parked.controller.ts'

@Module({})
class MessagingModule {}

/** Makes the service's consumer part of its application, together with `GET /internal/parked`. */
export const messagingModule = (server: KafkaBatchServer): DynamicModule => ({
  module: MessagingModule,
  providers: [{ provide: KafkaBatchServer, useValue: server }],
  controllers: [ParkedController],
  exports: [KafkaBatchServer],
})

/**
 * Connects the consumer of `messagingModule` to the application, which then starts and stops it. Every
 * `@Handles(type)` method of the application's controllers becomes the handler of that message type.
 */
export const connectConsumers = (app: INestApplication): void => {
  const microservice = app.connectMicroservice({ strategy: app.get(KafkaBatchServer) }, { deferInitialization: true })
  microservice.useGlobalFilters(new PassOn())
  // The application has run the modules' init hooks; listening must not run them again.
  ;(microservice as unknown as { setIsInitHookCalled(called: boolean): void }).setIsInitHookCalled(true)
}

/** Nest would log a handler's error and answer with a general one; the transport has to see the error itself. */
@Catch()
class PassOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error)
  }
}
