import type { Edge, Node } from './system-map.ts'

const WIDTH = 190
/** Two topics between the same services stand so far from the middle between them. */
const APART = 13

/** The map as a drawing; its title says the same in words. */
export const MapDrawing = ({ nodes, edges }: { nodes: readonly Node[]; edges: readonly Edge[] }) => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form.
    <div className="map" role="group" aria-label="Map of services and topics" tabIndex={0}>
      <svg viewBox="0 0 1140 500" role="img" aria-labelledby="map-title">
        <title id="map-title">{spoken(nodes, edges)}</title>
        <defs>
          <marker
            id="tip"
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="9"
            markerHeight="9"
            orient="auto"
          >
            <path d="M0 0l8 4-8 4z" className="map-tip" />
          </marker>
        </defs>
        {edges.map((edge) => (
          <EdgeLine key={keyOf(edge)} edge={edge} line={lineOf(edge, edges, byName)} />
        ))}
        {nodes.map((node) => (
          <NodeBox key={node.name} node={node} />
        ))}
      </svg>
    </div>
  )
}

const keyOf = ({ topic, to }: Edge): string => `${topic} ${to}`

const spoken = (nodes: readonly Node[], edges: readonly Edge[]): string =>
  [
    ...nodes.map(
      ({ name, status, parked, stuck, backlog }) =>
        `${name} ${status}, ${parked} parked, ${stuck} stuck, ${backlog} in the outbox`,
    ),
    ...edges.map(({ topic, rate, lag }) => `${topic} ${rate?.toFixed(1) ?? 'unknown'} per second, ${lag} waiting`),
  ].join('; ')

interface Line {
  readonly startX: number
  readonly endX: number
  readonly y: number
  /** Whether another one runs back above it: its name stands below then. */
  readonly isLower: boolean
}

const EdgeLine = ({ edge, line: { startX, endX, y, isLower } }: { edge: Edge; line: Line }) => {
  const rate = edge.rate === undefined ? '' : `${edge.rate.toFixed(edge.rate < 10 ? 1 : 0)}/s`
  return (
    <g className="map-edge" data-busy={(edge.rate ?? 0) > 0 || undefined} data-waiting={edge.lag > 0 || undefined}>
      <line x1={startX} y1={y} x2={endX} y2={y} markerEnd="url(#tip)" />
      <text x={(startX + endX) / 2} y={y + (isLower ? 15 : -6)} textAnchor="middle">
        {edge.topic} <tspan className="map-figure">{`${rate}${edge.lag > 0 ? ` · ${edge.lag} waiting` : ''}`}</tspan>
      </text>
    </g>
  )
}

/** From the side of one box to that of the other, at the middle of the one that is less tall. */
const lineOf = (edge: Edge, edges: readonly Edge[], byName: ReadonlyMap<string, Node>): Line => {
  const [from, to] = [byName.get(edge.from)!, byName.get(edge.to)!]
  const side = Math.sign(to.x - from.x)
  const isPair = edges.some((other) => other.from === edge.to && other.to === edge.from)
  return {
    startX: from.x + side * (WIDTH / 2),
    endX: to.x - side * (WIDTH / 2),
    y: (from.height < to.height ? from.y : to.y) - (isPair ? side * APART : 0),
    isLower: isPair && side < 0,
  }
}

const NodeBox = ({ node: { name, x, y, height, status, parked, stuck, backlog, tone } }: { node: Node }) => {
  const wrong = [parked > 0 && `${parked} parked`, stuck > 0 && `${stuck} stuck`].filter((each) => each !== false)
  const figures = [wrong.join(', '), backlog > 0 ? `${backlog} in the outbox` : ''].filter(Boolean)
  const lines = figures.length > 0 ? figures : [status]
  return (
    <g className="map-node" data-tone={tone} transform={`translate(${x - WIDTH / 2} ${y - height / 2})`}>
      <rect width={WIDTH} height={height} rx="8" />
      <circle cx="16" cy={lines.length > 1 ? 17 : 23} r="4.500" />
      <text x="28" y={lines.length > 1 ? 22 : 28} className="map-name">
        {name}
      </text>
      {lines.map((line, i) => (
        <text key={line} x="28" y={(lines.length > 1 ? 38 : 47) + i * 16} className="map-state">
          {line}
        </text>
      ))}
    </g>
  )
}
