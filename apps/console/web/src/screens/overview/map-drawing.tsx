import type { Edge, Node } from './system-map.ts'

const WIDTH = 190
const HEIGHT = 64
/** Two topics between the same services stand this far apart. */
const APART = 14

/** The map as a drawing; its title says the same in words. */
export const MapDrawing = ({ nodes, edges }: { nodes: readonly Node[]; edges: readonly Edge[] }) => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form.
    <div className="map" role="group" aria-label="Map of services and topics" tabIndex={0}>
      <svg viewBox="0 0 1000 540" role="img" aria-labelledby="map-title">
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
          <EdgeLine key={keyOf(edge)} edge={edge} from={byName.get(edge.from)!} to={byName.get(edge.to)!} />
        ))}
        {nodes.map((node) => (
          <NodeBox key={node.name} node={node} />
        ))}
        {/* Neither a line nor a box runs over a name. */}
        {edges.map((edge) => (
          <EdgeName key={keyOf(edge)} edge={edge} from={byName.get(edge.from)!} to={byName.get(edge.to)!} />
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

interface EdgeProps {
  readonly edge: Edge
  readonly from: Node
  readonly to: Node
}

const EdgeLine = ({ edge, from, to }: EdgeProps) => {
  const { start, end } = lineOf(from, to)
  return (
    <g className="map-edge" data-busy={(edge.rate ?? 0) > 0 || undefined}>
      <line x1={start.x} y1={start.y} x2={end.x} y2={end.y} markerEnd="url(#tip)" />
    </g>
  )
}

const EdgeName = ({ edge, from, to }: EdgeProps) => {
  const { start, end, side } = lineOf(from, to)
  const [x, y] = [(start.x + end.x) / 2, (start.y + end.y) / 2]
  const rate = edge.rate === undefined ? '' : `${edge.rate.toFixed(edge.rate < 10 ? 1 : 0)}/s`
  return (
    <g className="map-edge" data-waiting={edge.lag > 0 || undefined}>
      <text x={x} y={y + (side > 0 ? 14 : -5)} textAnchor="middle">
        {edge.topic} <tspan className="map-figure">{`${rate}${edge.lag > 0 ? ` · ${edge.lag} waiting` : ''}`}</tspan>
      </text>
    </g>
  )
}

const lineOf = (from: Node, to: Node) => {
  const side = APART * (to.x >= from.x ? -1 : 1)
  return { side, start: edgeOf(from, to, side), end: edgeOf(to, from, side) }
}

/** Where a line from the middle of one box to that of the other leaves the first one. */
const edgeOf = (node: Node, other: Node, side: number): { x: number; y: number } => {
  const dx = Math.sign(other.x - node.x)
  if (Math.abs(other.x - node.x) < 1) return { x: node.x, y: node.y + Math.sign(other.y - node.y) * (HEIGHT / 2) }
  return { x: node.x + dx * (WIDTH / 2), y: node.y + side }
}

const NodeBox = ({ node: { name, x, y, status, parked, stuck, backlog, tone } }: { node: Node }) => {
  const figures = [
    parked > 0 && `${parked} parked`,
    stuck > 0 && `${stuck} stuck`,
    backlog > 0 && `${backlog} in the outbox`,
  ].filter((each) => each !== false)
  return (
    <g className="map-node" data-tone={tone} transform={`translate(${x - WIDTH / 2} ${y - HEIGHT / 2})`}>
      <rect width={WIDTH} height={HEIGHT} rx="8" />
      <circle cx="16" cy="24" r="4.500" />
      <text x="28" y="29" className="map-name">
        {name}
      </text>
      <text x="28" y="48" className="map-state">
        {figures.length > 0 ? figures.join(', ') : status}
      </text>
    </g>
  )
}
