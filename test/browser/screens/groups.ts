import type { Consumer } from 'kafkajs'
import { expect, test } from 'vitest'
import { alterShareGroupOffsets, ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { ProtocolClient } from '../../conformance/protocol-client.ts'
import { kafkaOf } from '../../support/topic.ts'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

export const groups = (at: ConsoleUnderTest): void => {
  test('a group shows its members and how far it is in each partition', async () => {
    const { page, client } = at
    await page.goto('/groups')
    await page
      .getByRole('table', { name: 'Consumer groups' })
      .getByRole('link', { name: 'payment', exact: true })
      .click()
    await page.waitForURL(/group=payment/)
    await page.getByRole('heading', { name: 'Members of payment' }).waitFor()
    const { items } = await client.get<{ items: { groupId: string; members: unknown[] }[] }>('/api/groups')
    const { members } = items.find(({ groupId }) => groupId === 'payment')!
    expect(await page.locator('.card', { hasText: 'Members of payment' }).getByRole('listitem').count()).toBe(
      members.length,
    )
    await page.getByRole('table', { name: 'Partitions of payment' }).getByText('payment-commands').first().waitFor()
    await expectUsable(page)
    expect(at.complaints).toEqual([])
  })

  test('offsets are reset after a look at what that means, and not while somebody is in the group', async () => {
    const { page, system, client } = at
    const groupId = `browser-${Date.now()}`
    const member = await memberOf(system.brokers, groupId)
    await page.goto(`/groups?group=${groupId}`)
    await page.getByRole('listitem').getByText('orders', { exact: true }).waitFor()
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Reset offsets …' }).click()
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByText('Members are active, so nothing can be reset').waitFor()
    expect(await dialog.getByRole('button', { name: 'Reset', exact: true }).isDisabled()).toBe(true)
    const forced = { topic: 'orders', to: 'earliest', reason: 'to force it' }
    const refused = await client.call('POST', `/api/groups/${groupId}/offsets`, forced, { 'idempotency-key': groupId })
    expect(refused).toMatchObject({ status: 409, body: { reason: 'group_active' } })
    await dialog.getByRole('button', { name: 'Cancel' }).click()

    await member.disconnect()
    await page.getByText('Nobody is in it now').waitFor()
    await page
      .locator('.rebalances')
      .getByText(/left, \d+ partitions moved/)
      .waitFor()
    await page.getByRole('button', { name: 'Reset offsets …' }).click()
    await dialog.getByLabel(/^Go on at/).selectOption('an offset')
    await dialog.getByLabel('Offset', { exact: true }).fill('0')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog
      .getByRole('table')
      .getByText(/come again|stays where it is/)
      .first()
      .waitFor()
    await dialog.getByLabel('Who you are').fill('browser-ann')
    await dialog.getByLabel('Why').fill('to read it all again')
    await expectUsable(page)
    await dialog.getByRole('button', { name: 'Reset', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    // What Kafka says of groups is kept for a second.
    await until('the offsets to be where they were set', async () => {
      const { items } = await client.get<{ items: GroupAnswer[] }>('/api/groups')
      const { partitions } = items.find((group) => group.groupId === groupId)!
      return partitions.every(({ offset }) => offset === 0) || undefined
    })
    const trail = await client.get<{ items: object[] }>(`/api/audit?target=group/${groupId}`)
    expect(trail.items).toMatchObject([
      { action: 'group.reset-offsets', outcome: 'done', reason: 'to read it all again' },
      { action: 'group.reset-offsets', outcome: 'refused', reason: 'to force it' },
    ])
    expect(at.complaints).toEqual([])
  })

  test('a share group that no worker is in is sent back to the beginning of its queue', async () => {
    const { page, system, client } = at
    const groupId = `browser-share-${Date.now()}`
    await restartShareGroup(system.brokers, groupId, 'orders')
    const starts = async () => {
      const { items } = await client.get<{ items: GroupAnswer[] }>('/api/groups')
      return items.find((group) => group.groupId === groupId)?.partitions.map(({ offset }) => offset)
    }
    // What Kafka says of groups is kept for a second.
    await until('the group to be shown', async () => (await starts())?.includes(1))
    await page.goto(`/groups?group=${groupId}`)
    await page.getByRole('button', { name: 'Reset offsets …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByRole('columnheader', { name: 'First not done' }).waitFor()
    await dialog.getByLabel('Who you are').fill('browser-ann')
    await dialog.getByLabel('Why').fill('to work it all again')
    await dialog.getByRole('button', { name: 'Reset', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await until('the group to begin anew', async () => (await starts())?.every((offset) => offset === 0) || undefined)
    expect((await client.get<{ items: object[] }>(`/api/audit?target=group/${groupId}`)).items).toMatchObject([
      { action: 'group.reset-offsets', outcome: 'done', reason: 'to work it all again' },
    ])
    expect(at.complaints).toEqual([])
  })
}

/** A share group without members, which has come to be by being told where it begins. */
const restartShareGroup = async (brokers: string[], groupId: string, topic: string): Promise<void> => {
  const connection = await ProtocolClient.connect(brokers[0]!)
  await until('a coordinator', async () => {
    await connection.send(findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })
    const topics = [{ topicName: topic, partitions: [{ partitionIndex: 0, startOffset: 1 }] }]
    const { errorCode } = await connection.send(alterShareGroupOffsets, 0, { groupId, topics })
    return errorCode === ErrorCode.NONE || undefined
  })
  connection.close()
}

interface GroupAnswer {
  readonly groupId: string
  readonly partitions: readonly { readonly offset: number }[]
}

/** Somebody who has read all that there is of orders, and goes on. */
const memberOf = async (brokers: string[], groupId: string): Promise<Consumer> => {
  const kafka = kafkaOf(brokers)
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets('orders')
  const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }))
  await admin.setOffsets({ groupId, topic: 'orders', partitions })
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders' })
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.group_join', () => resolve())
    consumer.run({ autoCommit: false, eachMessage: async () => {} }).catch(reject)
  })
  return consumer
}
