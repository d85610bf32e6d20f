/** OpenAPI 3.1 description of /api. */
import { dispositions, replyStates } from '../base/dispositions.ts'
import { reasonCodes, setbackReasons } from '../base/reasons.ts'
import { tokenScopes } from '../store/api-tokens.ts'

const text = { type: 'string' } as const
const because = {
  reason: { enum: reasonCodes, description: 'The code; docs/reasons.md lists them all' },
  because: { ...text, description: 'The reason as a sentence' },
  help: { type: ['string', 'null'], description: 'What the owner can do about it' },
}
const mail = { $ref: '#/components/schemas/Mail' }

const parameter = (name: string, where: 'path' | 'query', description: string) => ({
  name,
  in: where,
  description,
  required: where === 'path',
  schema: text,
})

const ok = (description: string, schema: object) => ({
  200: { description, content: { 'application/json': { schema } } },
  401: { description: 'The bearer token is missing or wrong' },
  403: { description: 'The token lacks the scope' },
})

const get = (summary: string, parameters: object[], schema: object) => ({
  get: { summary, parameters, responses: ok('The answer', schema) },
})

const change = (summary: string, parameters: object[], properties: object = {}) => ({
  post: {
    summary,
    parameters,
    requestBody: { content: { 'application/json': { schema: { type: 'object', properties } } } },
    responses: {
      ...ok('Done', { type: 'object', properties: { ok: { const: true } } }),
      400: { description: 'The body is not JSON, or has an unknown key' },
      404: { description: 'There is no such mail, account or action' },
      409: { description: 'Nothing was changed; `error` says why' },
      422: { description: 'The text is empty or too long' },
    },
  },
})

const id = parameter('id', 'path', "The mail's id; a reply has the id of the mail it answers")
const address = parameter('address', 'path', "The account's address")
const seen = { ...text, description: '`version` of the text that was seen; a different text is refused' }
const search = parameter('q', 'query', 'Text in subject, sender or summary')
const account = parameter('account', 'query', 'Address of an account')
const category = parameter('category', 'path', 'Name of a category')
const filters = [
  search,
  account,
  parameter('disposition', 'query', 'Outcome; several are separated by commas'),
  parameter('from', 'query', "Text in the sender's name or address"),
  parameter('since', 'query', 'First day of arrival, `2026-11-24`, in the time zone of the budget'),
  parameter('until', 'query', 'Last day of arrival'),
  parameter('before', 'query', 'Only mails older than the one with this id: the next page'),
  parameter('limit', 'query', 'At most this many, 1 to 500; 50 by default'),
]
const moment = { type: ['string', 'null'], format: 'date-time' } as const
const autonomy = {
  type: 'object',
  properties: {
    account: text,
    category: text,
    streak: { type: 'integer', description: 'Drafts in a row that were sent without a correction' },
    needed: { type: 'integer', description: 'Number from which it is offered' },
    offered: { type: 'boolean' },
    granted: { type: 'boolean' },
    grantedAt: moment,
    grantedBy: { type: ['string', 'null'] },
    takenBack: {
      type: ['object', 'null'],
      description: 'What ended the last grant',
      properties: {
        reason: { enum: setbackReasons },
        at: moment,
        id: { type: ['string', 'null'], description: "The mail's id" },
      },
    },
  },
} as const
const list = { type: 'array', items: mail }

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'replyd',
    version: '1',
    description: 'Review of replies, for scripts and the command line.',
  },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Mail: {
        type: 'object',
        required: ['id', 'account', 'disposition', 'reason', 'step', 'arrivedAt'],
        properties: {
          id: text,
          account: text,
          from: { type: ['string', 'null'] },
          subject: { type: ['string', 'null'] },
          arrivedAt: { ...text, format: 'date-time' },
          step: text,
          disposition: { enum: dispositions },
          ...because,
          verdict: { type: ['object', 'null'] },
          reply: {
            type: ['object', 'null'],
            properties: {
              state: { enum: replyStates },
              holdReasons: { type: 'array', items: { type: 'object', properties: because } },
            },
          },
        },
      },
    },
  },
  security: [{ token: [] }],
  paths: {
    '/api/replies': get(
      'Replies that wait for a person, most urgent first; `X-Total-Count` says how many, `Link` names the next page',
      [
        search,
        account,
        parameter('after', 'query', 'Only those behind the one with this id: the next page'),
        parameter('limit', 'query', 'At most that many, 1 to 500; 200 when left out'),
      ],
      list,
    ),
    '/api/replies/{id}': get('One reply with its mail', [id], mail),
    '/api/replies/{id}/approve': change('Send it when the undo window ends', [id], { seen }),
    '/api/replies/{id}/cancel': change('Cancel the approval', [id]),
    '/api/replies/{id}/edit': change('Replace the text', [id], { text, seen }),
    '/api/replies/{id}/reject': change('Send nothing', [id], { seen }),
    '/api/replies/{id}/reopen': change('Undo the rejection', [id]),
    '/api/replies/{id}/rewrite': change('Have it rewritten', [id], { instruction: text, seen }),
    '/api/replies/{id}/sent': change('An uncertain reply was sent', [id]),
    '/api/replies/{id}/hold': change('An uncertain reply was not sent: hold it', [id]),
    '/api/mails': get('Every mail, newest first; `Link` names the next page', filters, list),
    '/api/mails/{id}': get('Everything known about one mail', [id], mail),
    '/api/junk/{id}/restore': change('Move it out of Junk and trust the sender', [id]),
    '/api/accounts': get('Accounts and whether they are paused', [], {
      type: 'array',
      items: { type: 'object' },
    }),
    '/api/accounts/{address}/pause': change('Stop all sending', [address]),
    '/api/accounts/{address}/resume': change('Resume sending', [address]),
    '/api/autonomy': get('Earned autonomy by account and category', [], { type: 'array', items: autonomy }),
    '/api/autonomy/{address}/{category}/grant': change('Let replies of the category be sent automatically', [
      address,
      category,
    ]),
    '/api/autonomy/{address}/{category}/revoke': change('Revoke that', [address, category]),
    '/api/usage': get('Tokens and money', [parameter('by', 'query', '`day`, `account` or `step`')], {
      type: 'array',
    }),
    '/api/backup': {
      post: {
        summary: 'Everything in the store, as `replyd restore` reads it',
        responses: { 200: { description: 'Gzipped JSON Lines', content: { 'application/gzip': {} } } },
      },
    },
    '/api/forget': change('Remove the stored text of one correspondent', [], { address: text }),
    '/api/tokens': {
      ...get('Named tokens', [], { type: 'array', items: { type: 'object' } }),
      ...change('Make a token; the answer holds it once', [], {
        name: text,
        scopes: { type: 'array', items: { enum: tokenScopes } },
      }),
    },
    '/api/tokens/{name}/revoke': change('Revoke a token', [parameter('name', 'path', 'Its name')]),
    '/api/audit': change('Compare every mailbox with the ledger', []),
  },
}
