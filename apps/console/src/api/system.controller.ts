import { Controller, Get, Inject } from '@nestjs/common'
import { Forwarder } from '../forwarder.ts'
import { KafkaView } from '../kafka-view.ts'
import { consuming, type ServiceName } from '../services.ts'

/** A look at the whole system must not hang because a part of it is away. Milliseconds. */
const PATIENCE_MS = 500

/** What is known of the system as a whole: gathered from all services and from Kafka. */
@Controller('api')
export class SystemController {
  constructor(
    @Inject(Forwarder) private readonly forwarder: Forwarder,
    @Inject(KafkaView) private readonly kafka: KafkaView,
  ) {}

  @Get('topics')
  async topics() {
    return { items: await this.kafka.topics() }
  }

  @Get('groups')
  async groups() {
    return { items: await this.kafka.groups() }
  }

  /** The health of every service; `ok` only when all of them are ready. */
  @Get('health')
  async health() {
    const services = Object.fromEntries(
      await Promise.all(
        ([...consuming, 'simulators'] as const).map(async (name) => [name, await this.#health(name)] as const),
      ),
    )
    return { status: Object.values(services).every(({ status }) => status === 'ok') ? 'ok' : 'degraded', services }
  }

  /** Messages that some service could not handle, and those that wait behind them; and whom one could not ask. */
  @Get('parked')
  async parked() {
    const answers = await Promise.allSettled(
      consuming.map((service) => this.forwarder.get<{ items: object[] }>(service, '/internal/parked', PATIENCE_MS)),
    )
    return {
      items: answers.flatMap((answer, i) =>
        answer.status === 'fulfilled' ? answer.value.items.map((item) => ({ service: consuming[i]!, ...item })) : [],
      ),
      unreachable: consuming.filter((_, i) => answers[i]!.status === 'rejected'),
    }
  }

  async #health(service: ServiceName): Promise<{ status: string }> {
    try {
      const { body } = await this.forwarder.forward(
        service,
        { method: 'GET', path: '/health/ready', headers: {} },
        PATIENCE_MS,
      )
      const { status, checks } = JSON.parse(body.toString('utf8')) as { status: string | number; checks?: object }
      return { status: status === 'ok' ? 'ok' : 'not ready', ...(checks && { checks }) }
    } catch {
      return { status: 'unreachable' }
    }
  }
}
