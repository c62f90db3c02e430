import { describe } from 'vitest'
import { chromiumProgram } from './chromium.ts'
import { consoleUnderTest } from './console-under-test.ts'
import { alerts } from './screens/alerts.ts'
import { deadLetters } from './screens/dead-letters.ts'
import { groups } from './screens/groups.ts'
import { login } from './screens/login.ts'
import { mailbox } from './screens/mailbox.ts'
import { notifications } from './screens/notifications.ts'
import { orders } from './screens/orders.ts'
import { overview } from './screens/overview.ts'
import { processes } from './screens/processes.ts'
import { projections } from './screens/projections.ts'
import { sagas } from './screens/sagas.ts'
import { subscriptions } from './screens/subscriptions.ts'
import { topics } from './screens/topics.ts'
import { traces } from './screens/traces.ts'

const executablePath = chromiumProgram()

/** One system for all screens, for starting it takes longer than looking at them. */
describe.skipIf(executablePath === undefined)('the web console', () => {
  const at = consoleUnderTest(executablePath)
  describe('overview', () => overview(at))
  describe('orders', () => orders(at))
  describe('sagas, simulators and audit', () => sagas(at))
  describe('mailbox', () => mailbox(at))
  describe('dead letters', () => deadLetters(at))
  describe('alerts', () => alerts(at))
  describe('topics', () => topics(at))
  describe('consumer groups', () => groups(at))
  describe('projections', () => projections(at))
  describe('traces', () => traces(at))
  describe('notifications and campaigns', () => notifications(at))
  describe('subscriptions', () => subscriptions(at))
  describe('login', () => login(at))
  // Last, for they kill and freeze what all others look at.
  describe('processes and oracle', () => processes(at))
})
