import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { meaning, type OrderFilter, type OrderStatus, statuses } from './filter.ts'

export const OrderFilters = ({ filter }: { filter: OrderFilter }) => {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(filter.customer ?? '')
  const [unclear, setUnclear] = useState(false)
  const show = (search: OrderFilter) => void navigate({ to: '/orders', search })

  const search = (event: FormEvent) => {
    event.preventDefault()
    const meant = meaning(typed)
    setUnclear(meant.kind === 'unclear')
    const { customer: _, ...rest } = filter
    if (meant.kind === 'nothing') show(rest)
    if (meant.kind === 'order') void navigate({ to: '/orders/$orderId', params: { orderId: meant.orderId } })
    if (meant.kind === 'customer') show({ ...rest, customer: meant.customer })
  }
  const choose = (status: string) => {
    const { status: _, ...rest } = filter
    show(status === '' ? rest : { ...rest, status: status as OrderStatus })
  }
  return (
    <search>
      <form className="filters" onSubmit={search}>
        <label className="field">
          Customer or order id
          <input
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="cust-0001"
            spellCheck={false}
          />
          {unclear && <span role="alert">A customer is 1 to 64 of A-Z a-z 0-9 _ -</span>}
        </label>
        <label className="field">
          Status
          <select value={filter.status ?? ''} onChange={(event) => choose(event.target.value)}>
            <option value="">any</option>
            {statuses.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        <button type="submit" className="button">
          Search
        </button>
      </form>
    </search>
  )
}
