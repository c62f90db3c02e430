/** What `docker-compose.yml` runs, where nobody but Docker can be asked to kill anything. */
export const COMPOSE_SERVICES = [
  ...['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query', 'analytics', 'console', 'simulators'],
  ...['broker', 'postgres'],
] as const

export const COMMANDS = ['kill', 'pause', 'resume'] as const
export type Command = (typeof COMMANDS)[number]

/** What a person types to do the same. A container that was killed so is not started again by itself. */
export const byHand = (name: string): Readonly<Record<Command | 'start' | 'lines', string>> => ({
  kill: `docker compose kill -s KILL ${name}`,
  start: `docker compose start ${name}`,
  pause: `docker compose pause ${name}`,
  resume: `docker compose unpause ${name}`,
  lines: `docker compose logs --tail 25 ${name}`,
})
