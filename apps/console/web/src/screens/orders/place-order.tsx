import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { money } from '../../format/money.ts'
import { type Kind, kinds } from '../../placing/kinds.ts'
import { asCurl, orderRequest } from '../../placing/order-request.ts'
import { catalogueQuery } from '../../placing/queries.ts'
import { explain } from '../../server/problem.ts'
import { newKey, type Told, tell } from '../../server/request.ts'
import type { OrderAccepted, Product } from '../../server/types.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice, Shown } from '../../ui/states.tsx'
import { Copy, Json } from '../../ui/values.tsx'

/** A form to place an order, the same request for a shell, and a way to send it twice. */
export const PlaceOrder = ({ onClose, onPlaced }: { onClose: () => void; onPlaced: () => void }) => {
  const catalogue = useQuery(catalogueQuery)
  return (
    <Dialog title="Place an order" onClose={onClose}>
      <Shown query={catalogue} what="Products">
        {({ items }) => <Form products={items} onClose={onClose} onPlaced={onPlaced} />}
      </Shown>
    </Dialog>
  )
}

const Form = ({
  products,
  onClose,
  onPlaced,
}: {
  products: readonly Product[]
  onClose: () => void
  onPlaced: () => void
}) => {
  const [key, setKey] = useState(newKey)
  const [customerId, setCustomer] = useState('cust-0001')
  const [sku, setSku] = useState(products[0]?.sku ?? '')
  const [quantity, setQuantity] = useState(1)
  const [token, setToken] = useState<Kind>('tok_ok')
  const body = orderRequest({ customerId, sku, quantity, token })
  const [answers, setAnswers] = useState<readonly Told<OrderAccepted>[]>([])
  const place = useMutation({
    mutationFn: () => tell<OrderAccepted>('POST', '/api/orders', { key, body }),
    onSuccess: (answer) => {
      setAnswers([...answers, answer])
      onPlaced()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    place.mutate()
  }
  const another = () => {
    setKey(newKey())
    setAnswers([])
  }
  const isPlaced = answers.length > 0
  return (
    <form onSubmit={submit}>
      <fieldset className="plain" disabled={isPlaced}>
        <label className="field">
          Customer
          <input
            value={customerId}
            onChange={({ target }) => setCustomer(target.value)}
            pattern="[A-Za-z0-9_\-]{1,64}"
            required
          />
        </label>
        <label className="field">
          Product
          <select value={sku} onChange={({ target }) => setSku(target.value)}>
            {products.map(({ sku, name, price }) => (
              <option key={sku} value={sku}>
                {name} ({money(price)})
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          How many
          <input
            type="number"
            min={1}
            max={1_000}
            value={quantity}
            onChange={({ target }) => setQuantity(Number(target.value))}
            required
          />
        </label>
        <label className="field">
          Paid with
          <select value={token} onChange={({ target }) => setToken(target.value as Kind)}>
            {kinds.map(({ token, says }) => (
              <option key={token} value={token}>
                {says} ({token})
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      <details>
        <summary>The same request for a shell</summary>
        <Json value={asCurl(location.origin, key, body)} />
        <Copy text={asCurl(location.origin, key, body)} what="command" />
      </details>
      {place.isError && <Notice tone="bad">{`${explain(place.error).what}: ${explain(place.error).todo}`}</Notice>}
      <Answers answers={answers} />
      <div className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        {isPlaced && (
          <button type="button" className="button" onClick={another}>
            Another one
          </button>
        )}
        <button type="submit" className="button" data-kind="primary" disabled={place.isPending}>
          {isPlaced ? 'Send it again' : 'Place'}
        </button>
      </div>
    </form>
  )
}

/** The answers to one request that was sent once or several times. */
const Answers = ({ answers }: { answers: readonly Told<OrderAccepted>[] }) => {
  const [first] = answers
  if (first === undefined) return null
  const { orderId } = first.body
  const isOne = answers.every(({ body }) => body.orderId === orderId)
  return (
    <Notice tone={isOne ? 'ok' : 'bad'}>
      <span>
        Placed as{' '}
        <Link to="/orders/$orderId" params={{ orderId }}>
          {orderId}
        </Link>
        .
      </span>
      {answers.length > 1 && isOne && (
        <span>
          Sent {answers.length} times with one Idempotency-Key: it is one order, and every answer is the first one.
        </span>
      )}
      {!isOne && <span>The answers name several orders, which must not be.</span>}
    </Notice>
  )
}
