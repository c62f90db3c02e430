import type { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { ms, percentile, report } from '../figures.ts'
import { publishLive } from './publish.ts'

/** From an event to the frame that tells of its second, as a page hears of it. */
export const latency = async (
  brokers: string,
  service: AnalyticsProcess,
  rate: number,
  seconds: number,
): Promise<void> => {
  const delays: number[] = []
  const ending = new AbortController()
  const listening = listen(service.url, ending.signal, delays)
  await publishLive(brokers, rate, seconds)
  ending.abort()
  await listening
  const [p50, p95, p99] = [50, 95, 99].map((p) => percentile(delays, p)) as [number, number, number]
  const figure = `${ms(p50)} / ${ms(p95)} / ${ms(p99)} ms`
  report(`event to page at ${rate} /s, p50 / p95 / p99`, figure, 'p95 ≤ 100 ms', p95 <= 100)
}

const listen = async (url: string, signal: AbortSignal, delays: number[]): Promise<void> => {
  let text = ''
  try {
    const { body } = await fetch(`${url}/analytics/live`, { signal })
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const frames = text.split('\n\n')
      text = frames.pop()!
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1]
        const newest = Math.max(
          0,
          ...(data === undefined ? [] : JSON.parse(data).seconds).map((each: { newest: number }) => each.newest),
        )
        // The first frame tells what was there before.
        if (newest > Date.now() - 10_000) delays.push(Date.now() - newest)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
