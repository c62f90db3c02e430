import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from '../../scripts/root.ts'

const yaml = (path: string): unknown => parse(readFileSync(join(ROOT, path), 'utf8'), { merge: true })

const names = z.union([z.array(z.string()), z.record(z.string(), z.unknown()).transform((map) => Object.keys(map))])
const service = z.looseObject({
  image: z.string().optional(),
  build: z.unknown().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: names.default([]),
})
const compose = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()).default({}),
})
const base = compose.parse(yaml('docker-compose.yml'))
const overlay = compose.parse(yaml('docker-compose.observability.yml'))
const services = { ...base.services, ...overlay.services }

/** Where a file or folder of ours is found in a container: `[here, there]`. */
const mounts = Object.values(overlay.services).flatMap(({ volumes }) =>
  volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':') as [string, string]),
)
const inContainer = (path: string): boolean => mounts.some(([, there]) => path === there)

/** Of an address that somebody in the network of compose calls. */
const expectService = (address: string, port: number): void => {
  const [name, given] = address.replace(/^http:\/\//, '').split(':')
  expect(services, address).toHaveProperty([name!])
  expect(Number(given), address).toBe(port)
}

describe('docker-compose.observability.yml', () => {
  test.each(Object.entries(overlay.services))('%s', (name, { image, command, ports, volumes, depends_on }) => {
    if (base.services[name] === undefined) expect(image, 'an image of one version').toMatch(/^(waybill|[^:]+:v?\d.*)$/)
    for (const other of depends_on) expect(services).toHaveProperty([other])
    for (const port of ports) expect(port, 'on the loopback only').toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    for (const [from, to] of volumes.map((volume) => volume.split(':'))) {
      expect(to).toMatch(/^\//)
      if (from!.startsWith('./')) expect(existsSync(join(ROOT, from!)), from).toBe(true)
      else expect({ ...base.volumes, ...overlay.volumes }).toHaveProperty([from!])
    }
    // What a program is told to read is there.
    const files = command.flatMap((argument) => /config(?:\.file)?=(.*)$/.exec(argument)?.[1] ?? [])
    for (const file of files) expect(inContainer(file), file).toBe(true)
  })

  test('no two services are reached by the same port of the machine', () => {
    const taken = Object.values(services).flatMap(({ ports }) =>
      ports.map((port) => port.split(':').slice(0, -1).at(-1)),
    )
    expect(new Set(taken).size).toBe(taken.length)
  })

  /** The simulators, the outside world, record none. */
  test('spans on their way outlive the container of whoever is traced', () => {
    for (const [name, { environment, volumes }] of Object.entries(base.services))
      if (environment.TRACE_JOURNAL !== undefined && name !== 'simulators')
        expect(volumes, name).toContain(`traces:${environment.TRACE_JOURNAL}`)
    expect(base.volumes).toHaveProperty('traces')
  })

  test('whoever is traced sends its spans to the collector', () => {
    const traced = Object.entries(base.services).filter(
      ([, { environment }]) => 'OTEL_EXPORTER_OTLP_ENDPOINT' in environment,
    )
    expect(traced.length).toBeGreaterThan(0)
    for (const [name] of traced)
      expect(overlay.services[name]?.environment.OTEL_EXPORTER_OTLP_ENDPOINT, name).toBe('http://otel-collector:4318')
  })
})

test('the collector receives where our processes send, and every part of it is in a pipeline', () => {
  const part = z.record(z.string(), z.unknown())
  const { receivers, processors, exporters, service } = z
    .strictObject({
      receivers: z.strictObject({
        otlp: z.strictObject({ protocols: z.strictObject({ http: z.strictObject({ endpoint: z.string() }) }) }),
      }),
      processors: part,
      exporters: z.record(z.string(), z.looseObject({ endpoint: z.string() })),
      service: z.strictObject({
        pipelines: z.record(
          z.enum(['traces']),
          z.strictObject({
            receivers: z.array(z.string()),
            processors: z.array(z.string()),
            exporters: z.array(z.string()),
          }),
        ),
      }),
    })
    .parse(yaml('deploy/otel-collector/config.yml'))
  expect(receivers.otlp.protocols.http.endpoint).toBe('0.0.0.0:4318')
  const { traces } = service.pipelines
  expect(traces.receivers).toEqual(Object.keys(receivers))
  expect(traces.processors).toEqual(Object.keys(processors))
  // The guard of its memory comes before whatever gathers.
  expect(traces.processors[0]).toBe('memory_limiter')
  expect(traces.exporters).toEqual(Object.keys(exporters))
  for (const { endpoint } of Object.values(exporters)) expectService(endpoint, 4318)
})

test('Tempo receives where the collector sends, and answers where Grafana asks', () => {
  const { server, distributor, storage } = z
    .looseObject({
      server: z.strictObject({ http_listen_port: z.literal(3200) }),
      distributor: z.strictObject({
        receivers: z.strictObject({
          otlp: z.strictObject({
            protocols: z.strictObject({ http: z.strictObject({ endpoint: z.literal('0.0.0.0:4318') }) }),
          }),
        }),
      }),
      storage: z.strictObject({
        trace: z.looseObject({
          local: z.strictObject({ path: z.string() }),
          wal: z.strictObject({ path: z.string() }),
        }),
      }),
    })
    .parse(yaml('deploy/tempo/tempo.yml'))
  expect([server, distributor]).toBeDefined()
  const kept = overlay.services.tempo!.volumes.find((volume) => volume.startsWith('tempo:'))!.split(':')[1]!
  for (const { path } of [storage.trace.local, storage.trace.wal]) expect(path.startsWith(`${kept}/`), path).toBe(true)
})

const rules = z
  .looseObject({ groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string() })) })) })
  .parse(yaml('deploy/prometheus/rules.yml'))
  .groups.flatMap((group) => group.rules.map(({ alert }) => alert))

test('Prometheus reads the rules that are mounted, and asks every process of ours', () => {
  const targets = z.array(z.strictObject({ targets: z.array(z.string()) }))
  const { rule_files, alerting, scrape_configs } = z
    .looseObject({
      rule_files: z.array(z.string()),
      alerting: z.strictObject({ alertmanagers: z.array(z.strictObject({ static_configs: targets })) }),
      scrape_configs: z.array(
        z.strictObject({
          job_name: z.string(),
          authorization: z.strictObject({ credentials_file: z.string() }).optional(),
          static_configs: targets,
        }),
      ),
    })
    .parse(yaml('deploy/prometheus/prometheus.yml'))
  for (const file of rule_files) expect(inContainer(file), file).toBe(true)
  const hosts = (configs: z.infer<typeof targets>) => configs.flatMap(({ targets }) => targets)
  for (const { static_configs } of alerting.alertmanagers)
    for (const address of hosts(static_configs)) expectService(address, 9093)
  const asked = scrape_configs.flatMap(({ static_configs }) => hosts(static_configs))
  for (const address of asked) expectService(address, Number(base.services[address.split(':')[0]!]?.environment.PORT))
  // The simulators are the outside world.
  const ours = Object.entries(base.services).filter(
    ([name, { environment }]) => environment.PORT && name !== 'simulators',
  )
  expect(asked.map((address) => address.split(':')[0]).toSorted()).toEqual(ours.map(([name]) => name).toSorted())
  const { volumes } = overlay.services.prometheus!
  for (const { authorization } of scrape_configs)
    if (authorization !== undefined)
      expect(volumes.some((volume) => authorization.credentials_file.startsWith(`${volume.split(':')[1]}/`))).toBe(true)
})

test('Alertmanager has the receivers that it is to tell, and knows alerts that there are', () => {
  const matchers = z.array(z.string().regex(/^\w+ (=|!=|=~|!~) ".+"$/))
  const { route, receivers, inhibit_rules } = z
    .strictObject({
      route: z.looseObject({ receiver: z.string(), group_by: z.array(z.string()) }),
      receivers: z.array(z.looseObject({ name: z.string() })),
      inhibit_rules: z.array(z.strictObject({ source_matchers: matchers, target_matchers: matchers })),
    })
    .parse(yaml('deploy/alertmanager/alertmanager.yml'))
  expect(receivers.map(({ name }) => name)).toContain(route.receiver)
  const named = inhibit_rules
    .flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
    .flatMap((matcher) => /^alertname \S+ "(.*)"$/.exec(matcher)?.[1]?.split('|') ?? [])
  expect(named.length).toBeGreaterThan(0)
  for (const alert of named) expect(rules).toContain(alert)
})

test('Grafana is given what its dashboards ask, where it is, and the dashboards where they are mounted', () => {
  const { datasources } = z
    .strictObject({
      apiVersion: z.literal(1),
      datasources: z.array(z.looseObject({ uid: z.string(), type: z.enum(['prometheus', 'tempo']), url: z.url() })),
    })
    .parse(yaml('deploy/grafana/provisioning/datasources/datasources.yml'))
  const PORTS = { prometheus: 9090, tempo: 3200 }
  for (const { url, type } of datasources) expectService(url, PORTS[type])
  const { providers } = z
    .strictObject({
      apiVersion: z.literal(1),
      providers: z.array(z.looseObject({ options: z.strictObject({ path: z.string() }) })),
    })
    .parse(yaml('deploy/grafana/provisioning/dashboards/waybill.yml'))
  for (const { options } of providers) {
    const [here] = mounts.find(([, there]) => there === options.path)!
    expect(here).toBe('./deploy/grafana/dashboards')
  }
  const uids = new Set(datasources.map(({ uid }) => uid))
  const asked = readFileSync(join(ROOT, 'deploy/grafana/dashboards/services.json'), 'utf8')
  for (const [, uid] of asked.matchAll(/"datasource": \{\s*"type": "\w+",\s*"uid": "(\w+)"/g))
    expect(uids).toContain(uid)
})
