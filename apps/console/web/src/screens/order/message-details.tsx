import type { Mail, OrderMessage, ProviderOperation } from '../../server/types.ts'
import { Card } from '../../ui/page.tsx'
import { Id, Json, Time } from '../../ui/values.tsx'
import { chainOf } from './chain.ts'

interface Props {
  readonly message: OrderMessage
  readonly all: readonly OrderMessage[]
  readonly outside: { readonly operations: readonly ProviderOperation[]; readonly mails: readonly Mail[] } | undefined
  readonly onSelect: (id: string | undefined) => void
}

/** One message: where it lies, what it says, what it came from and what came from it. */
export const MessageDetails = ({ message, all, outside, onSelect }: Props) => {
  const { causes, root, effects } = chainOf(message, all)
  const calls = callsOf(message, outside?.operations ?? [])
  const mail = outside?.mails.find(({ messageId }) => messageId?.includes(message.causationId ?? '–'))
  return (
    <Card
      title={<span className="mono">{message.type}</span>}
      aside={
        <button
          type="button"
          className="button"
          data-kind="plain"
          data-size="small"
          onClick={() => onSelect(undefined)}
        >
          Close
        </button>
      }
    >
      <div className="pair">
        <dl className="facts">
          <dt>Record</dt>
          <dd className="mono">
            {message.topic} / {message.partition} / {message.offset}
          </dd>
          <dt>Message</dt>
          <dd>{message.id && <Id value={message.id} what="message id" />}</dd>
          <dt>Key</dt>
          <dd className="mono">{message.key}</dd>
          <dt>Decided</dt>
          <dd>{message.time && <Time at={message.time} as="fine" />}</dd>
          <dt>Published</dt>
          <dd>
            <Time at={message.publishedAt} as="fine" />
          </dd>
          <dt>Version</dt>
          <dd>{message.dataVersion}</dd>
          <dt>Began with</dt>
          <dd>{root ? <Id value={root} what="id of the first cause" /> : '–'}</dd>
          <dt>Caused by</dt>
          <dd>
            <Links
              messages={causes}
              onSelect={onSelect}
              none={`${root ?? 'nothing'}, which is no message of a topic`}
            />
          </dd>
          <dt>Led to</dt>
          <dd>
            <Links messages={effects} onSelect={onSelect} none="nothing that was said over a topic" />
          </dd>
          {calls.map(({ operation, idempotencyKey, result, at }) => (
            <CallFact key={at} what={`Provider: ${operation}, ${result}`} id={idempotencyKey} />
          ))}
          {mail?.messageId && <CallFact what="Mail" id={mail.messageId} />}
        </dl>
        <Json value={message.data} />
      </div>
    </Card>
  )
}

const CallFact = ({ what, id }: { what: string; id: string }) => (
  <>
    <dt>{what}</dt>
    <dd>
      <Id value={id} what="key of the call" />
    </dd>
  </>
)

interface LinksProps {
  readonly messages: readonly OrderMessage[]
  readonly onSelect: (id: string) => void
  readonly none: string
}

const Links = ({ messages, onSelect, none }: LinksProps) => {
  if (messages.length === 0) return <span className="quiet">{none}</span>
  return (
    <ul className="links">
      {messages.map(({ topic, partition, offset, type }) => (
        <li key={`${topic}/${partition}/${offset}`}>
          <button
            type="button"
            className="button"
            data-size="small"
            onClick={() => onSelect(`${topic}/${partition}/${offset}`)}
          >
            {type}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** The calls that a command to the payment service brought about. */
const callsOf = ({ type }: OrderMessage, operations: readonly ProviderOperation[]): readonly ProviderOperation[] => {
  const [topic, operation] = (type ?? '').split('.')
  return topic === 'payment' ? operations.filter((each) => each.operation === operation) : []
}
