import { describe, expect, test } from 'vitest'
import { LiveSettings } from './live-settings.ts'
import { documentationOf } from './setting-docs.ts'
import { definitions, readSettings } from './settings.ts'
import { logConfigOf, topicConfigNames } from './topic-config.ts'

const settingsOf = (...entries: string[]): LiveSettings => {
  const read = readSettings(entries)
  if ('problems' in read) throw new Error(read.problems.join('; '))
  return new LiveSettings(read.given)
}

test('every problem is reported, and names its key', () => {
  const read = readSettings([
    'num.partitions=0',
    'nope=1',
    'auto.create.topics.enable=maybe',
    'junk',
    'num.partitions=x',
  ])
  expect(read).toEqual({
    problems: [
      'bad value for "num.partitions": "0": Value must be at least 1',
      'unknown setting "nope"',
      'bad value for "auto.create.topics.enable": "maybe": Expected value to be true or false',
      '"junk" is not of the form KEY=VALUE',
      'bad value for "num.partitions": "x": Not a number of type INT',
    ],
  })
})

test("Kafka's settings that do nothing here are accepted with a note, unless that would pretend something", () => {
  const harmless = [
    'num.io.threads=8',
    'offsets.topic.replication.factor=1',
    'log.cleaner.threads=2',
    'quota.consumer.default=1',
  ]
  expect(readSettings(harmless)).toMatchObject({
    given: {},
    notes: harmless.map(() => expect.stringMatching(/no effect/)),
  })
  for (const entry of ['sasl.client.callback.handler.class=x', 'log.dirs=/tmp', 'delegation.token.secret.key=x']) {
    expect(readSettings([entry])).toMatchObject({ problems: [expect.stringContaining('is not supported: ')] })
  }
})

test("there is Kafka's own authorizer and no other, and super users are principals", () => {
  const name = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  const users = 'User:admin; User:CN=a,O=b'
  expect(readSettings([`authorizer.class.name=${name}`, `super.users=${users}`])).toMatchObject({
    given: { 'authorizer.class.name': name, 'super.users': users },
  })
  for (const entry of ['authorizer.class.name=com.example.Mine', 'super.users=admin', 'super.users=User:a;b'])
    expect(readSettings([entry]), entry).toMatchObject({ problems: [expect.any(String)] })
})

test('no problem has a secret in it', () => {
  const read = readSettings(['listener.name.plaintext.ssl.key.passwort=hunter2', 'ssl.keystore.passwd=hunter2'])
  expect(read).toMatchObject({ problems: [expect.any(String), expect.any(String)] })
  expect(JSON.stringify(read)).not.toContain('hunter2')
})

test('node.id has an older name', () => expect(settingsOf('broker.id=7').values['node.id']).toBe(7))

test('every setting of broker and topics is documented', () => {
  for (const name of [...Object.keys(definitions), ...topicConfigNames])
    expect(documentationOf(name), name).not.toBe('')
})

describe('the settings in force', () => {
  test('what is said for this broker is stronger than for all, than at the start, than nothing', () => {
    const settings = settingsOf('log.retention.ms=1')
    const { values } = settings
    settings.change('cluster', { 'log.retention.ms': '2' })
    expect(values['log.retention.ms']).toBe(2)
    settings.change('broker', { 'log.retention.ms': '3' })
    expect(values['log.retention.ms']).toBe(3)
    expect(settings.layersOf('log.retention.ms')).toEqual([
      { source: 'broker', value: '3' },
      { source: 'cluster', value: '2' },
      { source: 'static', value: '1' },
    ])
    settings.change('broker', {})
    settings.change('cluster', {})
    expect(values['log.retention.ms']).toBe(1)
  })

  test.each([
    [[], 168 * 3_600_000],
    [['log.retention.hours=1'], 3_600_000],
    [['log.retention.hours=1', 'log.retention.minutes=1'], 60_000],
    [['log.retention.hours=1', 'log.retention.minutes=1', 'log.retention.ms=5'], 5],
    [['log.retention.ms=-1'], -1],
    [['log.retention.hours=-1'], -1],
  ])('retention by %j is %i ms', (entries, expected) => {
    expect(logConfigOf({}, settingsOf(...entries).values).retentionMs).toBe(expected)
  })

  test('a topic follows the broker where it says nothing itself', () => {
    const settings = settingsOf()
    const configs = { 'segment.bytes': '1000' }
    settings.change('broker', { 'log.segment.bytes': '2000', 'message.max.bytes': '3000' })
    expect(logConfigOf(configs, settings.values)).toMatchObject({ segmentBytes: 1000, maxMessageBytes: 3000 })
  })
})
