export type Command = 'kill' | 'pause' | 'resume'

const OF_A_SERVICE = 'What it had under way is done again after its restart, once: other services wait in their topics.'

const CONSEQUENCES: Readonly<Record<string, string>> = {
  order: 'No orders are taken for a moment: the gateway sends them again. Sagas go on after the restart.',
  query: 'Lists stand still; one order is answered by its owner meanwhile.',
  console: 'This page stands still until it is back, and then goes on by itself.',
  broker: 'No message goes anywhere; orders are still taken, and wait in their outbox.',
  postgres:
    'Every service loses its connections in the middle of whatever it does. Commits that were answered are kept.',
  simulators: 'The world outside is away: calls to it are made again under the same keys.',
}

/** What somebody should know before they break this process. */
export const consequenceFor = (name: string): string => CONSEQUENCES[name] ?? OF_A_SERVICE

const MIB = 1_048_576

/** `93 MB`, as systems' tools have it. */
export const memorySays = (bytes: number | null): string => (bytes === null ? '–' : `${Math.round(bytes / MIB)} MB`)

/** How long until a paused process goes on by itself. Milliseconds, never negative. */
export const leftOf = (pausedUntil: string, now: number): number => Math.max(0, Date.parse(pausedUntil) - now)
