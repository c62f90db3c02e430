import { expect, test } from 'vitest'
import { distinguishedName } from './distinguished-name.ts'
import { principalMapper } from './principal-mapper.ts'

const map = (rules: string, name: string) => {
  const mapper = principalMapper(rules)
  if ('problem' in mapper) throw new Error(mapper.problem)
  return mapper(name)
}

// The rules and names of Kafka's documentation of ssl.principal.mapping.rules, and what it says of them.
test.each([
  ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,DEFAULT', 'CN=serviceuser,OU=ServiceUsers,O=Unknown', 'serviceuser'],
  [
    'RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/, RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L, DEFAULT',
    'CN=adminUser,OU=Admin,O=Unknown,L=Unknown,ST=Unknown,C=Unknown',
    'adminuser@admin',
  ],
  ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/U', 'OU=x,CN=Kafka.client', 'KAFKA.CLIENT'],
  ['RULE:^CN=(.*?),.*$/$1/', 'OU=only', undefined],
  ['RULE:^CN=(\\/a),.*$/$1\\/$2/', 'CN=/a,O=b', '/a/$2'],
  ['DEFAULT', 'CN=a,O=b', 'CN=a,O=b'],
  ['', 'CN=a,O=b', 'CN=a,O=b'],
])('%s makes of %s: %s', (rules, name, expected) => expect(map(rules, name)).toBe(expected))

test.each(['RULE', 'RULE:a', 'RULE:a/b', 'RULE:a/b/X', 'RULE:(/b/', 'DEFAULT;DEFAULT', 'default'])(
  '%s is no rule',
  (rules) => {
    expect(principalMapper(rules)).toMatchObject({ problem: expect.stringContaining('Invalid rule') })
  },
)

test('a name is turned round, and keeps its escapes', () => {
  const subject = 'C=DE\nO=Waybill\\, Inc.\nOU=a + OU=b\nCN=alice'
  expect(distinguishedName({ subject })).toBe('CN=alice,OU=a+OU=b,O=Waybill\\, Inc.,C=DE')
})
