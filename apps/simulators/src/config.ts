import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

const { HOST, PORT, LOG_LEVEL, LOG_FORMAT } = serviceEnvironment

export const simulatorsEnvironment = {
  HOST,
  PORT,
  SMTP_PORT: PORT,
  /** Where the ledgers are kept; made when it is not there. */
  DATA_DIR: z.string().min(1),
  LOG_LEVEL,
  LOG_FORMAT,
}

export type SimulatorsConfig = Readonly<z.infer<z.ZodObject<typeof simulatorsEnvironment>>>

export const readConfig = (): SimulatorsConfig => loadConfig(simulatorsEnvironment)
