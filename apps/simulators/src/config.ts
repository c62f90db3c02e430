import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

const { HOST, PORT, LOG_LEVEL, LOG_FORMAT, KAFKA_BROKERS, SERVICE_KEY_FILE, SERVICE_AUTH } = serviceEnvironment

export const simulatorsEnvironment = {
  HOST,
  PORT,
  SMTP_PORT: PORT,
  /** Where the ledgers are kept; made when it is not there. */
  DATA_DIR: z.string().min(1),
  /** What is older is forgotten, but for sums. */
  RETENTION_DAYS: z.coerce.number().positive().max(3_650).default(30),
  /** Of each table (answers, operations, shipments, mails, texts), the newest so many rows are kept. */
  RETENTION_ROWS: z.coerce.number().int().positive().default(5_000_000),
  /** Where visitors of the shop leave what they do; without it there are none. */
  KAFKA_BROKERS: KAFKA_BROKERS.optional(),
  PRODUCTS_FILE: z.string().default('data/products.json'),
  CUSTOMERS_FILE: z.string().default('data/customers.json'),
  /** What the carrier signs its reports with, a line each; without it they are not signed. */
  CARRIER_WEBHOOK_SECRET_FILE: z.string().optional(),
  /** As whom the development issuer signs its tokens, and for whom. */
  OIDC_ISSUER: z.url({ protocol: /^https?$/, error: 'an http:// URL' }).default('http://localhost:8080/issuer'),
  OIDC_AUDIENCE: z.string().default('waybill'),
  SERVICE_KEY_FILE,
  SERVICE_AUTH,
  LOG_LEVEL,
  LOG_FORMAT,
}

export type SimulatorsConfig = Readonly<z.infer<z.ZodObject<typeof simulatorsEnvironment>>>

export const readConfig = (): SimulatorsConfig => loadConfig(simulatorsEnvironment)
