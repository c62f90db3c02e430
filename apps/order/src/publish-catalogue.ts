import { Consequences, uuidFrom } from '#libs/contracts'
import type { GroupCommit } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import type { Catalogue, Product } from './domain/pricing.ts'
import { lockListed, removeListed, saveListed } from './sql/list-products.ts'

const SOURCE = '/waybill/order'
const log = createLogger('catalogue')

/**
 * Says on the topic `catalogue` what is new or different since the last start, and a tombstone for what is not sold any
 * more: the table that others join with. What is as it was is not said again.
 */
export const publishCatalogue = (groupCommit: GroupCommit, { products }: Catalogue): Promise<void> =>
  groupCommit.submit({
    run: async (uow) => {
      const before = await lockListed(uow)
      const now = [...products.values()].map((product) => ({ sku: product.sku, product: asSaid(product) }))
      const changed = now.filter(({ sku, product }) => before.get(sku) !== product)
      const gone = [...before.keys()].filter((sku) => !products.has(sku))
      if (changed.length === 0 && gone.length === 0) return
      const outbox = uow.part(Outbox)
      for (const { sku, product } of changed) {
        const cause = { id: uuidFrom(`${before.get(sku)} became ${product}`), correlationId: sku }
        const { price, name } = products.get(sku)!
        outbox.add(
          new Consequences(cause, SOURCE, uow.now).message('product.listed', {
            ...{ subject: sku, key: sku, data: { sku, name, price } },
          }),
        )
      }
      for (const sku of gone) outbox.addTombstone('catalogue', sku)
      await saveListed(uow, changed)
      await removeListed(uow, gone)
      log.info('products listed', { [fields.count]: changed.length, gone: gone.length })
    },
  })

const asSaid = ({ sku, name, price: { amount, currency } }: Product): string =>
  JSON.stringify({ sku, name, price: { amount, currency } })
