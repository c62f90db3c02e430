import type { ReactNode } from 'react'

export type Tone = 'ok' | 'run' | 'warn' | 'bad' | 'idle'

/** What a state means at a glance; the word says it, the colour only helps. */
export const Badge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className="badge" data-tone={tone}>
    {children}
  </span>
)

const TONES: Readonly<Record<string, Tone>> = {
  completed: 'ok',
  delivered: 'ok',
  captured: 'ok',
  sent: 'ok',
  succeeded: 'ok',
  handled: 'ok',
  ok: 'ok',
  serving: 'ok',
  up: 'ok',
  active: 'ok',
  placed: 'run',
  confirmed: 'run',
  shipped: 'run',
  running: 'run',
  filling: 'run',
  starting: 'run',
  joining: 'run',
  comparing: 'run',
  switching: 'run',
  authorized: 'run',
  booked: 'run',
  dispatched: 'run',
  pending: 'run',
  confirming: 'run',
  retrying: 'warn',
  compensating: 'warn',
  queued: 'warn',
  waiting: 'warn',
  ready: 'warn',
  paused: 'warn',
  'not ready': 'warn',
  failed: 'bad',
  declined: 'bad',
  rejected: 'bad',
  impossible: 'bad',
  stuck: 'bad',
  dead: 'bad',
  down: 'bad',
  needs_attention: 'bad',
  unreachable: 'bad',
}

/** The tone of a status of any of our resources; what is over without success or failure is quiet. */
export const toneOf = (status: string): Tone => TONES[status] ?? 'idle'

export const Status = ({ of }: { of: string }) => <Badge tone={toneOf(of)}>{of.replaceAll('_', ' ')}</Badge>
