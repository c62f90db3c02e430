const WIDTH = 120
const HEIGHT = 24

/** Numbers over time as a line from zero to the largest of them; the last one stands beside it as text. */
export const SparkLine = ({ values, label }: { values: readonly number[]; label: string }) => {
  const most = Math.max(1, ...values)
  const step = WIDTH / Math.max(1, values.length - 1)
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`,
  )
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <polyline points={points.length === 1 ? `${points[0]} ${WIDTH},${HEIGHT - 1}` : points.join(' ')} />
    </svg>
  )
}
