import { join } from 'node:path'
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { healthModule } from '#libs/http'
import { readSecrets } from '#libs/webhooks'
import { CarrierController } from './carrier/carrier.controller.ts'
import { Carrier } from './carrier/carrier.ts'
import type { SimulatorsConfig } from './config.ts'
import { Fickle } from './fickle.ts'
import { HeldRequests } from './held-requests.ts'
import { IssuerController } from './issuer/issuer.controller.ts'
import { ISSUER } from './issuer/issuer-settings.ts'
import { SigningKeys } from './issuer/signing-keys.ts'
import { MailboxController } from './mailbox/mailbox.controller.ts'
import { Mailbox } from './mailbox/mailbox.ts'
import { SmtpListener } from './mailbox/smtp-listener.ts'
import { PushController, SmsController } from './mailbox/texts.controller.ts'
import { Texts } from './mailbox/texts.ts'
import { OracleController } from './oracle/oracle.controller.ts'
import { PaymentLedger } from './payment/ledger.ts'
import { PaymentController } from './payment/payment.controller.ts'
import { Housekeeping } from './store/housekeeping.ts'
import { Store } from './store/store.ts'
import { TrafficController } from './traffic/traffic.controller.ts'
import { Visitors } from './traffic/visitors.ts'

/** The outside world: a payment provider, a carrier, a mail server, an SMS and push gateway, and the shop's visitors. */
@Module({})
class SimulatorsModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(Carrier) private readonly carrier: Carrier,
    @Inject(SmtpListener) private readonly smtp: SmtpListener,
    @Inject(Visitors) private readonly visitors: Visitors,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.carrier.stop(), this.smtp.stop(), this.housekeeping.stop(), this.visitors.stop()])
  }

  /** HTTP has finished by now, so nobody writes any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.store.close()
  }
}

export const simulatorsModule = async (config: SimulatorsConfig): Promise<DynamicModule> => {
  const { DATA_DIR, HOST, SMTP_PORT, RETENTION_DAYS, RETENTION_ROWS, KAFKA_BROKERS } = config
  const store = Store.open(join(DATA_DIR, 'simulators.db'))
  const { CARRIER_WEBHOOK_SECRET_FILE: secretFile } = config
  const secrets = secretFile === undefined ? [] : readSecrets(secretFile)
  // One after the other: each may have a journal of an earlier version to take over.
  const ledger = await PaymentLedger.open(store, join(DATA_DIR, 'payment.jsonl'))
  const carrier = await Carrier.open(store, join(DATA_DIR, 'carrier.jsonl'), secrets)
  const mailbox = await Mailbox.open(store, join(DATA_DIR, 'mailbox.jsonl'))
  const texts = await Texts.open(store, join(DATA_DIR, 'texts.jsonl'))
  const housekeeping = new Housekeeping(store, { days: RETENTION_DAYS, rows: RETENTION_ROWS })
  const smtp = await SmtpListener.start(mailbox, { host: HOST, port: SMTP_PORT })
  const kafka = KAFKA_BROKERS && { brokers: KAFKA_BROKERS, clientId: 'visitors' }
  const keys = await SigningKeys.open(join(DATA_DIR, 'issuer-keys.json'))
  const visitors = new Visitors(kafka, { products: config.PRODUCTS_FILE, customers: config.CUSTOMERS_FILE })
  return {
    module: SimulatorsModule,
    imports: [healthModule({ store: () => store.check(), smtp: () => smtp.check() })],
    controllers: [
      PaymentController,
      CarrierController,
      MailboxController,
      SmsController,
      PushController,
      OracleController,
      TrafficController,
      IssuerController,
    ],
    providers: [
      HeldRequests,
      Fickle,
      { provide: Store, useValue: store },
      { provide: Housekeeping, useValue: housekeeping },
      { provide: PaymentLedger, useValue: ledger },
      { provide: Carrier, useValue: carrier },
      { provide: Mailbox, useValue: mailbox },
      { provide: Texts, useValue: texts },
      { provide: SmtpListener, useValue: smtp },
      { provide: SigningKeys, useValue: keys },
      { provide: ISSUER, useValue: { issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE } },
      { provide: Visitors, useValue: visitors },
    ],
  }
}
