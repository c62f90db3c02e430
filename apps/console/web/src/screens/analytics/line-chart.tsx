import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

interface Props {
  /** What it shows, for who cannot see it. */
  readonly label: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly lines: readonly { readonly name: string; readonly color: string; readonly values: readonly number[] }[]
}

const HEIGHT = 200

/** In the reader's zone, as everywhere here. */
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hour12: false })
const clockTimes = (_chart: uPlot, seconds: readonly number[]) => seconds.map((each) => clock.format(each * 1_000))
/** Between two marks of the time axis, so that what they say has room. Pixels. */
const APART = 90

/** Lines over time. The chart is made once, and given new numbers as they come. */
export const LineChart = ({ label, times, lines }: Props) => {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const names = lines.map(({ name, color }) => `${name} ${color}`).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: only other lines make another chart
  useEffect(() => {
    const element = place.current!
    const style = getComputedStyle(element)
    const axis = { stroke: style.color, grid: { stroke: style.borderColor, width: 1 } }
    const made = new uPlot(
      {
        ...{ width: element.clientWidth, height: HEIGHT, cursor: { y: false }, legend: { live: false } },
        series: [
          {},
          ...lines.map(({ name, color }) => ({ label: name, stroke: style.getPropertyValue(color), width: 2 })),
        ],
        axes: [
          { ...axis, space: APART, values: clockTimes },
          { ...axis, size: 60 },
        ],
        scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.1)] } },
      },
      [[], ...lines.map(() => [])],
      element,
    )
    chart.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [names])
  useEffect(() => {
    chart.current?.setData([[...times], ...lines.map(({ values }) => [...values])])
  })
  return <div ref={place} className="chart" role="img" aria-label={label} />
}
