/**
 * Settings that Kafka has and this broker has no use for. Where nobody is misled by ignoring one, it is accepted with
 * a note, so that a `server.properties` works as it is; where ignoring it would pretend something, it is refused.
 */
type Rules = readonly (readonly [names: RegExp, reason: string])[]

const ignored: Rules = [
  [
    /^(process\.roles|controller\.(?!listener\.names).*|metadata\..*|initial\.broker\.registration\..*)$/,
    'there is no controller quorum',
  ],
  [/^(replica\.|replication\.|num\.replica\.|alter\.log\.dirs\.|controlled\.shutdown\.).*$/, 'there are no replicas'],
  [/^(auto\.leader\.|leader\.imbalance\.).*$/, 'the one broker leads everything'],
  [/^(broker\.heartbeat|broker\.session|request\.timeout|socket\.connection\.setup)\..*$/, 'there is one broker'],
  [
    /^(inter\.broker\.(listener\.name|protocol\.version)|security\.inter\.broker\.protocol|sasl\.mechanism\.(inter\.broker|controller)\.protocol)$/,
    'there is one broker',
  ],
  [
    /^(num\.(network|io)\.threads|background\.threads|queued\.max\.requests)$/,
    'one thread serves all; connections have limits of their own',
  ],
  [/^(num\.recovery\.threads\.per\.data\.dir|log\.dir\.failure\.timeout\.ms)$/, 'recovery needs no threads'],
  [/^socket\.listen\.backlog\.size$/, 'the queue is as long as the operating system allows'],
  [/^socket\.(send|receive)\.buffer\.bytes$/, "the operating system's socket buffers are used"],
  [
    /^(offsets\.topic|offsets\.load|offsets\.commit|group\.coordinator)\..*$/,
    'groups live in a journal, not in a topic',
  ],
  [/^(transaction\.state\.log|add\.partitions\.to\.txn)\..*$/, 'transactions live in a journal, not in a topic'],
  [
    /^transaction\.(partition\.verification|remove\.expired\.transaction)\..*$/,
    'partition and coordinator share a process',
  ],
  [/^log\.cleaner\.(threads|io\..*)$/, 'the cleaner tunes itself'],
  [/^log\.flush\.(scheduler|offset|start)\..*$/, 'acks=all is answered from the device, and recovery points are kept'],
  [/^(producer|fetch|delete\.records)\.purgatory\..*$/, 'waiting requests are dropped when they are answered'],
  [/^group\.streams\..*$/, 'there are no streams groups'],
  [/^group\.consumer\.(assignor\.offload|regex\.refresh)\..*$/, 'assignments and expressions are worked out at once'],
  [/^(group\.share|share)\..*$/, 'share groups live in a journal, and what they are assigned is decided at once'],
  [/^(metric\.reporters|metrics\..*|kafka\.metrics\..*|telemetry\..*)$/, 'metrics are at /metrics of the HTTP port'],
  [/^quota\..*$/, 'there are no quotas'],
  [/^early\.start\.listeners$/, 'listeners open together'],
  [
    /^ssl\.(protocol|provider|keymanager\.algorithm|trustmanager\.algorithm|secure\.random\.implementation)$/,
    'OpenSSL is used',
  ],
  [/^(ssl\.endpoint\.identification\.algorithm|ssl\.allow\..*\.changes)$/, 'the broker connects to nobody'],
  [/^sasl\.(login|kerberos)\..*$/, 'there is no Kerberos, and the broker logs in nowhere'],
  [
    /^sasl\.oauthbearer\.(scope\.claim\.name|jwks\.endpoint\.retry\..*)$/,
    'scopes are not looked at, and keys are asked for when they are needed',
  ],
  [/^(follower\.fetch|remote\.|log\.local\.retention).*$/, 'there is no tiered storage'],
  [
    /^(reserved\.broker\.max\.id|broker\.id\.generation\.enable|zookeeper\..*)$/,
    'Kafka itself has no use for it any more',
  ],
]

const refused: Rules = [
  [/^log\.dirs?$/, 'give the directory with --data-dir'],
  [/^delegation\.token\..*$/, 'there are no delegation tokens'],
  [/^ssl\.truststore\.password$/, 'authorities are read from a PEM file, which has none'],
  [/^(ssl|sasl|principal|security|password)\b.*$/, 'there is nothing like it here'],
  [/^remote\.log\.storage\.system\.enable$/, 'there is no tiered storage'],
  [/\.class(\.name)?$|^config\.providers$/, 'Java classes cannot be loaded'],
  [/^max\.connections\.per\.ip\.overrides$/, 'one number holds for all addresses alike'],
  [/^transaction\.two\.phase\.commit\.enable$/, 'there are no two-phase commits'],
  [/^cordoned\.log\.dirs$/, 'there is one data directory'],
]

const reasonIn = (rules: Rules, name: string): string | undefined => rules.find(([names]) => names.test(name))?.[1]

/** Why this setting of Kafka's cannot be accepted; undefined when it can, or is not Kafka's. */
export const refusedSetting = (name: string): string | undefined => reasonIn(refused, name)

/** Why this setting of Kafka's does nothing; undefined when it does something, or is not Kafka's. */
export const ignoredSetting = (name: string): string | undefined => reasonIn(ignored, name)
