import { median } from '../figures.ts'
import type { BrokerName } from './broker-under-test.ts'

/** One figure of one broker; several rounds give several values. */
export type Figure = 'rate' | 'cpu' | 'peakMb' | 'p50' | 'p99' | 'ms' | 'mb'

/** Everything measured so far. */
export class Results {
  private readonly values = new Map<string, number[]>()

  add(what: string, broker: BrokerName, figures: Partial<Record<Figure, number>>): void {
    for (const [figure, value] of Object.entries(figures)) {
      const key = keyOf(what, broker, figure as Figure)
      this.values.set(key, [...(this.values.get(key) ?? []), value])
    }
    const texts = Object.entries(figures).map(([figure, value]) => FORMATS[figure as Figure](value))
    console.log(`  ${what.padEnd(34)} ${broker.padEnd(12)} ${texts.join('   ')}`)
  }

  /** Median over the rounds; undefined when it was not measured. */
  get(what: string, broker: BrokerName, figure: Figure): number | undefined {
    const values = this.values.get(keyOf(what, broker, figure))
    return values === undefined ? undefined : median(values)
  }

  /** The names of what was measured for the bundled broker, in order. */
  measured(figure: Figure, startsWith: string): string[] {
    return [...this.values.keys()]
      .map((key) => key.split('|'))
      .filter(([what, broker, of]) => broker === 'bundled' && of === figure && what!.startsWith(startsWith))
      .map(([what]) => what!)
  }
}

const keyOf = (what: string, broker: BrokerName, figure: Figure): string => `${what}|${broker}|${figure}`

const FORMATS: Record<Figure, (value: number) => string> = {
  rate: (value) => `${Math.round(value).toLocaleString('en').padStart(9)}/s`,
  cpu: (value) => `${value.toFixed(2).padStart(6)} CPU s per million`,
  peakMb: (value) => `peak ${value.toFixed(0).padStart(4)} MB`,
  p50: (value) => `p50 ${value.toFixed(2)} ms`,
  p99: (value) => `p99 ${value.toFixed(2)} ms`,
  ms: (value) => `${value.toFixed(0)} ms`,
  mb: (value) => `${value.toFixed(1)} MB`,
}
