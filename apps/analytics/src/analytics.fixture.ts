import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { addTo, emptyPane, type StoredPane, storePane } from './domain/pane.ts'

/** The service's database for the tests of a file. */
export class AnalyticsDatabaseUnderTest {
  #server!: TestDatabase
  #database!: Database

  constructor() {
    beforeAll(async () => {
      this.#server = await testDatabase('analytics')
      this.#database = new Database(this.#server.url)
    })
    afterAll(async () => {
      await this.#database.close()
      await this.#server.drop()
    })
  }

  get database(): Database {
    return this.#database
  }
}

/** Of a second in which so many products were looked at. */
export const paneOfViews = (views: number): StoredPane => {
  const pane = emptyPane()
  addTo(pane, 'all', '', 'views', views)
  return storePane(pane)
}
