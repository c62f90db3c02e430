export type BrokerName = 'bundled' | 'kafka' | 'kafka-fsync'

/** A running broker: where clients find it and which process pays for it. */
export interface BrokerUnderTest {
  readonly name: BrokerName
  readonly host: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

export const addressOf = ({ host, port }: BrokerUnderTest): string => `${host}:${port}`
