import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { sku } from '#libs/contracts'
import type { GroupCommit } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import { MOST_ON_HAND } from './domain/stock.ts'
import { receiptIdFor, receive } from './receipts.ts'
import { addProducts, type SeedProduct } from './sql/add-products.ts'

const products = z.array(z.object({ sku, name: z.string().min(1), stock: z.int().min(0).max(MOST_ON_HAND) }))
const log = createLogger('seed')

export const readProducts = async (file: string): Promise<SeedProduct[]> => {
  const result = products.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!result.success) throw new Error(`${file} does not list products: ${z.prettifyError(result.error)}`)
  return result.data
}

/** The first delivery of every product that the warehouse does not know yet. Products it knows keep their stock. */
export const seedStock = (groupCommit: GroupCommit, all: readonly SeedProduct[]): Promise<void> =>
  groupCommit.submit({
    run: async (uow) => {
      const added = new Set(await addProducts(uow, all))
      const first = all.filter(({ sku, stock }) => added.has(sku) && stock > 0)
      await receive(
        uow,
        first.map(({ sku, stock }) => ({ receiptId: receiptIdFor(`seed ${sku}`), sku, quantity: stock })),
      )
      if (added.size > 0) log.info('products added', { [fields.count]: added.size })
    },
  })
