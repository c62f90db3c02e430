import { z } from 'zod'
import { customerId, orderId, orderStatus } from '#libs/contracts'
import { alertPaths } from './alerts/alerts.openapi.ts'
import { analyticsPaths } from './analytics/analytics.openapi.ts'
import { securitySchemes, withAccess } from './auth/describe-access.ts'
import { me } from './auth/me.openapi.ts'
import { campaignPaths } from './campaigns.openapi.ts'
import { eventPaths } from './collect/events.openapi.ts'
import { logLevelPaths } from './log-levels.openapi.ts'
import { notificationPaths } from './notifications.openapi.ts'
import * as schemas from './openapi-schemas.ts'
import { operatorPaths, parkedFilters } from './operators.openapi.ts'
import { oraclePaths } from './oracle/oracle.openapi.ts'
import { personalDataPaths } from './personal-data/personal-data.openapi.ts'
import { processPaths } from './processes/processes.openapi.ts'
import { projectionPaths } from './projections.openapi.ts'
import { returnPaths } from './returns.openapi.ts'
import { sagaPaths } from './sagas.openapi.ts'
import { schemaPaths } from './schemas.openapi.ts'
import { stockPaths } from './stock.openapi.ts'
import { subscriptionPaths } from './subscriptions.openapi.ts'
import { topicPaths } from './topics.openapi.ts'
import { tracePaths } from './traces/traces.openapi.ts'

/** The REST interface as OpenAPI 3.1. A test holds it against the routes, another one against real answers. */

const json = (schema: z.ZodType) => ({ 'application/json': { schema: asJsonSchema(schema) } })
const asJsonSchema = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  return rest
}
const ok = (schema: z.ZodType, description = 'OK') => ({ description, content: json(schema) })
const problems = (...statuses: [status: number, when: string][]) =>
  Object.fromEntries(
    statuses.map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: asJsonSchema(schemas.problem) } } },
    ]),
  )
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } })
/** All of them may be left out. */
const inQuery = (parameters: Readonly<Record<string, z.ZodType>>) =>
  Object.entries(parameters).map(([name, schema]) => ({
    ...{ name, in: 'query', required: false },
    schema: asJsonSchema(schema),
  }))
const limit = (most: number) => z.int().min(1).max(most)
const cursor = z.string().describe('`nextCursor` of the page before, as it came')
const position = z.int().min(0).describe('`nextCursor` of the page before')

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'Chosen by the caller, the same for every repetition of one request',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}
const actorHeader = { name: 'X-Actor', in: 'header', required: false, schema: { type: 'string', maxLength: 64 } }
const get = (summary: string, answer: z.ZodType, parameters: object[] = [], more: object = {}) => ({
  summary,
  parameters,
  responses: { 200: ok(answer), ...always, ...more },
})
const put = (summary: string, schema: z.ZodObject) => ({
  summary,
  requestBody: { required: true, content: json(schema.partial()) },
  responses: { 200: ok(schema), ...always, ...problems([400, 'A setting is out of its range']) },
})

const unknownOrder = problems([404, 'No such order, or not yet'])
/** Every route may be answered so. */
const always = problems(
  [400, 'Something in the address or the query is malformed; it is named'],
  [503, 'Too much at once, or who knows is away; `Retry-After` says when to ask again, `missing` who did not answer'],
  [504, 'Whoever knows has not answered in time; `missing` names it'],
)

const helpers = { get, json, ok, inQuery, inPath, problems, always, idempotencyKey, actorHeader }

const textPaths = (channel: string, name: string) => ({
  [`/api/simulators/${channel}`]: {
    get: get(
      `What the ${name} took, newest first`,
      schemas.openPage(schemas.takenText),
      inQuery({ to: z.string().min(1).max(254), cursor: position, limit: limit(1_000) }),
    ),
  },
  [`/api/simulators/${channel}/settings`]: {
    get: get(`How the ${name} behaves`, schemas.textSettings),
    put: put(`Make the ${name} slow, faulty or busy`, schemas.textSettings),
  },
})

const document = {
  openapi: '3.1.0',
  info: {
    title: 'Waybill',
    version: '0.1.0',
    description:
      'Place an order and watch it travel through payment, inventory, fulfillment and notification. Money is an integer amount of minor units with its ISO 4217 currency. Whatever is not a success is problem+json (RFC 9457); a method that is not served is answered 405 with `Allow`, a body that is not JSON in UTF-8 415.',
  },
  paths: {
    '/api/orders': {
      post: {
        summary: 'Place an order',
        parameters: [idempotencyKey],
        requestBody: { required: true, content: json(schemas.orderRequest) },
        responses: {
          201: {
            ...ok(schemas.orderAccepted, 'Placed; the same answer for every repetition'),
            headers: { Location: { schema: { type: 'string' } } },
          },
          ...always,
          ...problems(
            [400, 'Broken JSON, a missing key, or bad fields, each named by its JSON pointer'],
            [413, 'The body is larger than 64 KiB'],
            [415, 'The body is not JSON in UTF-8, or compressed'],
            [409, 'A request with this key is still under way, or the quote has expired'],
            [422, 'An unknown SKU or quote, a quote for something else, or the key was used with another body'],
          ),
        },
      },
      get: get(
        'Orders, newest first',
        schemas.cursorPage(schemas.orderSummary),
        inQuery({ customerId, status: orderStatus, cursor, limit: limit(200) }),
      ),
    },
    '/api/quotes': {
      post: {
        summary: 'Ask for the price of an order, what of it is there, and what its delivery costs and when it arrives',
        parameters: [idempotencyKey],
        requestBody: { required: true, content: json(schemas.quoteRequest) },
        responses: {
          201: {
            ...ok(schemas.quote, 'A promise that `POST /api/orders` can be held to until `validUntil`'),
            headers: { Location: { schema: { type: 'string' } } },
          },
          ...always,
          ...problems(
            [400, 'Broken JSON, a missing key, or bad fields, each named by its JSON pointer'],
            [409, 'A request with this key is still under way'],
            [413, 'The body is larger than 64 KiB'],
            [415, 'The body is not JSON in UTF-8, or compressed'],
            [422, 'An unknown SKU, an address that nobody delivers to, or the key was used with another body'],
          ),
        },
      },
    },
    '/api/quotes/{quoteId}': {
      get: get(
        'One quote',
        schemas.quote,
        [inPath('quoteId')],
        problems([404, 'No such quote, or it is over for long']),
      ),
    },
    '/api/orders/{orderId}': {
      get: get('One order', schemas.order, [inPath('orderId'), ...inQuery({ asOf: schemas.moment })], unknownOrder),
    },
    '/api/orders/{orderId}/events': {
      get: get(
        "The order's event stream",
        schemas.page(schemas.event),
        [inPath('orderId'), ...inQuery({ upTo: schemas.moment })],
        unknownOrder,
      ),
    },
    '/api/orders/{orderId}/messages': {
      get: get(
        "The order's messages as they lie in their topics, in the order in which they were published",
        schemas.orderMessages,
        [inPath('orderId')],
        unknownOrder,
      ),
    },
    '/api/orders/{orderId}/saga': {
      get: get(
        "The order's saga, step by step",
        schemas.saga,
        [inPath('orderId'), ...inQuery({ asOf: schemas.moment })],
        unknownOrder,
      ),
    },
    '/api/orders/{orderId}/cancel': {
      post: {
        summary: 'Cancel an order that has not been dispatched',
        parameters: [inPath('orderId')],
        responses: {
          202: ok(schemas.cancellationAccepted, 'Accepted: everything done so far is being undone'),
          ...always,
          ...unknownOrder,
          ...problems([409, 'Dispatched, or ended otherwise']),
        },
      },
    },
    ...returnPaths(helpers),
    ...personalDataPaths(helpers),
    ...sagaPaths(helpers),
    '/api/catalogue': { get: get('Products and prices', schemas.page(schemas.product)) },
    ...stockPaths(helpers),
    ...analyticsPaths(helpers),
    ...schemaPaths(helpers),
    '/api/stream': {
      get: {
        summary: 'What is published on topics as it happens, as server-sent events',
        description:
          'Events: `begin`; `messages`, an array of what `GET /api/orders/{orderId}/messages` has, without data; `reset`, when something is missing and everything is to be asked for again. The `id` of each is the position behind it: with it in `Last-Event-ID` a connection that broke goes on where it was.',
        parameters: [
          ...inQuery({
            topics: z.string().describe('Names, separated by commas; all of Waybill without it'),
            orderId,
            after: z.string().describe('What `Last-Event-ID` says, for who cannot send it'),
          }),
          { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
        ],
        responses: { 200: { description: 'OK', content: { 'text/event-stream': {} } }, ...always },
      },
    },
    ...projectionPaths(helpers),
    ...processPaths(helpers),
    ...oraclePaths(helpers),
    ...alertPaths(helpers),
    '/api/topics': { get: get('Topics, with the offsets of their partitions', schemas.topics) },
    ...topicPaths(helpers),
    ...tracePaths(helpers),
    '/api/groups': { get: get('Consumer groups, with members and lag', schemas.groups) },
    ...notificationPaths(helpers),
    ...subscriptionPaths(helpers),
    ...campaignPaths(helpers),
    ...eventPaths(helpers),
    '/api/parked': {
      get: get(
        'Messages that some service could not handle',
        schemas.parkedPage,
        inQuery({ ...parkedFilters, cursor, limit: limit(500) }),
      ),
    },
    ...operatorPaths(helpers),
    ...logLevelPaths(helpers),
    '/api/me': {
      get: get(
        'Who asks, as their token or session has it',
        me,
        [],
        problems([401, 'Where people log in: no token or session, or one that is refused']),
      ),
    },
    '/api/health': { get: get('Health of every service', schemas.health) },
    '/api/simulators/payment/settings': {
      get: get('How the payment provider behaves', schemas.paymentSettings),
      put: put('Make the payment provider slow or faulty', schemas.paymentSettings),
    },
    '/api/simulators/payment/operations': {
      get: get(
        "The payment provider's ledger",
        schemas.openPage(schemas.operation),
        inQuery({ orderId: z.string().min(1).max(64), cursor: position, limit: limit(1_000) }),
      ),
    },
    '/api/simulators/payment/totals': { get: get('Sums over the ledger', schemas.totals) },
    '/api/simulators/carrier/settings': {
      get: get('How the carrier behaves', schemas.carrierSettings),
      put: put('Make the carrier slow or faulty', schemas.carrierSettings),
    },
    '/api/simulators/carrier/shipments': {
      get: get(
        'Shipments at the carrier',
        schemas.openPage(schemas.shipment),
        inQuery({ orderId: z.string(), cursor: position, limit: limit(1_000) }),
      ),
    },
    '/api/simulators/mailbox': {
      get: get(
        'Mails that arrived, newest first',
        schemas.mails,
        inQuery({ to: z.string(), orderId: z.string(), cursor: position, limit: limit(1_000) }),
      ),
    },
    ...textPaths('sms', 'SMS gateway'),
    ...textPaths('push', 'push service'),
  },
}

export const openApi = {
  ...document,
  components: { securitySchemes },
  paths: Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => [
          method,
          withAccess(method, path, operation, problems),
        ]),
      ),
    ]),
  ),
}
