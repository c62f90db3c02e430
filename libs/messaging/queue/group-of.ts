/** The share group that works a queue for a service. */
export const groupOf = (service: string, queue: string): string => `${service}.${queue}`
