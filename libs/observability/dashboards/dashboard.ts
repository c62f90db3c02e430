/** A graph: one line per series of each query. */
export interface Panel {
  readonly title: string
  /** As Grafana names units. */
  readonly unit: 'short' | 's' | 'reqps' | 'ops' | 'Bps' | 'bytes' | 'percentunit'
  readonly queries: readonly { readonly expr: string; readonly legend: string }[]
}

export interface Dashboard {
  readonly name: string
  readonly title: string
  readonly panels: readonly Panel[]
}

export const panel = (
  title: string,
  unit: Panel['unit'],
  ...queries: readonly (readonly [expr: string, legend: string])[]
): Panel => ({ title, unit, queries: queries.map(([expr, legend]) => ({ expr, legend })) })

const SOURCE = { type: 'prometheus', uid: 'prometheus' }
const [WIDTH, HEIGHT, ACROSS] = [12, 8, 2]

/** As Grafana reads it from a file. */
export const grafanaJson = ({ name, title, panels }: Dashboard): string =>
  `${JSON.stringify(
    {
      uid: `waybill-${name}`,
      title: `Waybill: ${title}`,
      tags: ['waybill'],
      schemaVersion: 39,
      editable: false,
      refresh: '10s',
      time: { from: 'now-30m', to: 'now' },
      panels: panels.map(({ title, unit, queries }, i) => ({
        id: i + 1,
        type: 'timeseries',
        title,
        datasource: SOURCE,
        gridPos: { w: WIDTH, h: HEIGHT, x: (i % ACROSS) * WIDTH, y: Math.floor(i / ACROSS) * HEIGHT },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        targets: queries.map(({ expr, legend }, at) => ({
          refId: String.fromCharCode(65 + at),
          datasource: SOURCE,
          expr,
          legendFormat: legend,
          exemplar: expr.includes('_bucket'),
        })),
      })),
    },
    undefined,
    2,
  )}\n`
