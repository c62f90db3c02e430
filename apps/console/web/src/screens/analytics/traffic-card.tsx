import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { duration } from '../../format/duration.ts'
import { count } from '../../format/money.ts'
import { explain, ServerProblem } from '../../server/problem.ts'
import { ask, tell } from '../../server/request.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { MayChange } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'

/** What `GET /api/traffic` answers, as far as it is shown. */
interface Traffic {
  readonly state: 'running' | 'done' | 'stopped' | 'failed'
  readonly options: { readonly rate: number; readonly seconds: number }
  readonly sent: number
  readonly late: number
  readonly elapsedMs: number
  readonly behindMs: number
  readonly error?: string
}

const PATH = '/api/traffic'
const LOOK_MS = 1_000
const LEAST_BEHIND_MS = 1_000
const TONES: Readonly<Record<Traffic['state'], Tone>> = { running: 'run', done: 'ok', stopped: 'idle', failed: 'bad' }

/** Has made-up visitors use the shop, at a rate, and leave again. */
export const TrafficCard = () => {
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: [PATH],
    // None since the start is no problem to tell of.
    queryFn: ({ signal }) => ask<Traffic>(PATH, signal).catch(nothingWhenNone),
    refetchInterval: LOOK_MS,
  })
  const settled = { onSettled: () => client.invalidateQueries({ queryKey: [PATH] }) }
  const begin = useMutation({
    mutationFn: (form: FormData) =>
      tell('POST', PATH, { body: { rate: Number(form.get('rate')), seconds: Number(form.get('seconds')) } }),
    ...settled,
  })
  const end = useMutation({ mutationFn: () => tell('DELETE', PATH), ...settled })
  const running = data?.state === 'running'
  const failure = begin.error ?? end.error
  const said = failure === null ? data?.error : explain(failure).what
  return (
    <Card title="Made-up visitors" aside={data && <Badge tone={TONES[data.state]}>{data.state}</Badge>}>
      {said !== undefined && <p role="alert">{said}</p>}
      <form className="traffic" action={(form) => begin.mutate(form)}>
        <MayChange ask="POST /api/traffic">
          <label className="field">
            Events a second
            <input type="number" name="rate" defaultValue={1_000} min={1} max={20_000} required />
          </label>
          <label className="field">
            Seconds
            <input type="number" name="seconds" defaultValue={120} min={1} max={3_600} required />
          </label>
          <div className="page-actions">
            <button type="submit" className="button" data-kind="primary" disabled={running || begin.isPending}>
              Send visitors
            </button>
            <button type="button" className="button" disabled={!running || end.isPending} onClick={() => end.mutate()}>
              Have them leave
            </button>
          </div>
        </MayChange>
      </form>
      {data && <p className="quiet num">{progressOf(data)}</p>}
    </Card>
  )
}

const nothingWhenNone = (error: unknown): null => {
  if (error instanceof ServerProblem && error.status === 404) return null
  throw error
}

const progressOf = ({ sent, late, elapsedMs, behindMs, options }: Traffic): string => {
  const behind = behindMs < LEAST_BEHIND_MS ? '' : `, ${duration(behindMs)} behind the pace`
  return `${count(sent)} of ${count(options.rate * options.seconds)} events in ${duration(elapsedMs)}, ${count(late)} of them late${behind}`
}
