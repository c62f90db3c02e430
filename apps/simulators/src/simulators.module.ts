import { join } from 'node:path'
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { healthModule } from '#libs/http'
import { CarrierController } from './carrier/carrier.controller.ts'
import { Carrier } from './carrier/carrier.ts'
import type { SimulatorsConfig } from './config.ts'
import { Fickle } from './fickle.ts'
import { HeldRequests } from './held-requests.ts'
import { MailboxController } from './mailbox/mailbox.controller.ts'
import { Mailbox } from './mailbox/mailbox.ts'
import { SmtpListener } from './mailbox/smtp-listener.ts'
import { TextsController } from './mailbox/texts.controller.ts'
import { Texts } from './mailbox/texts.ts'
import { PaymentLedger } from './payment/ledger.ts'
import { PaymentController } from './payment/payment.controller.ts'

/** The outside world: a payment provider, a carrier, a mail server and an SMS and push gateway. */
@Module({})
class SimulatorsModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(PaymentLedger) private readonly ledger: PaymentLedger,
    @Inject(Carrier) private readonly carrier: Carrier,
    @Inject(Mailbox) private readonly mailbox: Mailbox,
    @Inject(Texts) private readonly texts: Texts,
    @Inject(SmtpListener) private readonly smtp: SmtpListener,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.carrier.stop(), this.smtp.stop()])
  }

  /** HTTP has finished by now, so nobody appends any more. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.ledger, this.carrier, this.mailbox, this.texts].map((simulator) => simulator.close()))
  }
}

export const simulatorsModule = async (config: SimulatorsConfig): Promise<DynamicModule> => {
  const { DATA_DIR, HOST, SMTP_PORT } = config
  const [ledger, carrier, mailbox, texts] = await Promise.all([
    PaymentLedger.open(join(DATA_DIR, 'payment.jsonl')),
    Carrier.open(join(DATA_DIR, 'carrier.jsonl')),
    Mailbox.open(join(DATA_DIR, 'mailbox.jsonl')),
    Texts.open(join(DATA_DIR, 'texts.jsonl')),
  ])
  const smtp = await SmtpListener.start(mailbox, { host: HOST, port: SMTP_PORT })
  const checks = { ledger, carrier, mailbox, texts, smtp }
  return {
    module: SimulatorsModule,
    imports: [
      healthModule(
        Object.fromEntries(Object.entries(checks).map(([name, simulator]) => [name, () => simulator.check()])),
      ),
    ],
    controllers: [PaymentController, CarrierController, MailboxController, TextsController],
    providers: [
      HeldRequests,
      Fickle,
      { provide: PaymentLedger, useValue: ledger },
      { provide: Carrier, useValue: carrier },
      { provide: Mailbox, useValue: mailbox },
      { provide: Texts, useValue: texts },
      { provide: SmtpListener, useValue: smtp },
    ],
  }
}
