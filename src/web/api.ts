/** The JSON API. Reading needs the token when there is a password; changing anything always needs it. */

import type { Context } from 'hono'
import * as z from 'zod'
import { dispositions } from '../base/dispositions.ts'
import { helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { autonomyByCategory } from '../decide/autonomy-record.ts'
import { type ReadAttachment, readingOf } from '../mail/attachments.ts'
import { visibleText } from '../mail/text/visible.ts'
import { grantAutonomy, revokeAutonomy } from '../review/autonomy.ts'
import { approvalCode, load, openReply, versionOf } from '../review/decide.ts'
import { pause, Refusal, resume, tryAgain } from '../review/review.ts'
import { loadAccountState } from '../store/accounts.ts'
import { loadAttachments, loadMail } from '../store/bodies.ts'
import { loadMessage, type MessageRow } from '../store/messages.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'
import { countWaiting, explainMail, type ListedMail, listMails, waitingMails } from '../store/review-lists.ts'
import { usageBy } from '../store/statistics.ts'
import { actions } from './actions.ts'
import * as answers from './answers.ts'
import { between, text } from './bodies.ts'
import { addKnowledgeOperations } from './knowledge-routes.ts'
import { Operations } from './operations.ts'
import { addPeopleOperations } from './people-routes.tsx'
import { consequenceLines, sendingOfOne } from './sending.ts'
import { addStoreOperations } from './store-routes.ts'
import { addTeachingOperations } from './teaching-routes.ts'
import { addTokenOperations } from './token-routes.ts'
import type { WebContext } from './web-context.ts'

const explained = (reason: Reason) => ({ reason, because: sentenceOf(reason), help: helpFor(reason) })

const mailView = (row: MessageRow) => ({
  id: row.id,
  account: row.account,
  from: row.fromAddress,
  fromName: row.fromName,
  subject: row.subject,
  arrivedAt: row.internalDate,
  step: row.step,
  disposition: row.disposition,
  ...explained(row.reason),
  detail: row.detail,
  codes: row.codes,
  verdict: row.verdict,
})

const listedView = (row: ListedMail) => ({
  ...mailView(row),
  reply:
    row.replyState === null
      ? null
      : {
          state: row.replyState,
          holdReasons: (row.holdReasons ?? []).map(explained),
          sendAfter: row.sendAfter,
        },
})

const replyView = (reply: ReplyRow) => ({
  state: reply.state,
  to: reply.addressees.join(', '),
  addressees: reply.addressees,
  subject: reply.subject,
  text: reply.text,
  edited: reply.text !== reply.draftText,
  version: versionOf(reply.text, reply.envelope),
  language: reply.language,
  confidence: reply.confidence,
  holdReasons: reply.holdReasons.map(explained),
  claims: reply.claims,
  sources: reply.sources,
  sendAfter: reply.sendAfter,
  actor: reply.actor,
})

/** The picture itself stays in the mailbox. */
const attachmentView = (read: ReadAttachment) => ({
  name: read.name,
  type: read.type,
  size: read.size,
  reading: readingOf(read),
  text: read.text,
})

/** Drops the extra row, which only shows that there are more; links to the next page as in RFC 8288. */
function pageOf<Row extends { id: string }>(c: Context, rows: Row[], limit: number): Row[] {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length > limit && last) {
    const next = new URLSearchParams({ ...c.req.query(), cursor: last.id })
    c.header('link', `<${c.req.path}?${next}>; rel="next"`)
  }
  return page
}

const described = <T extends z.ZodType>(schema: T, description: string) => schema.meta({ description })

const mailId = z.strictObject({
  id: described(text(), "The mail's id; a reply has the id of the mail that it answers"),
})
const address = described(text(), "The account's address")
const search = described(
  text().optional(),
  'Words that must all occur in subject, sender or summary; `from:` and `subject:` before a word, and quotes, narrow it',
)
const account = described(text().optional(), 'Address of an account')
const day = (description: string) =>
  described(z.iso.date('must be a day such as 2026-11-24').optional(), description)
const isDisposition = (name: string) => (dispositions as readonly string[]).includes(name)

const cursor = described(
  z
    .string()
    .regex(/^[0-9a-z]{26}$/i, "must be a mail's id")
    .optional(),
  'Id of the last mail of the page before: the list continues after it',
)
const limit = (preset: number) => described(between(1, 500).default(preset), 'At most that many')

const filters = z.strictObject({
  q: search,
  account,
  disposition: described(
    text()
      .refine(
        (names) => names.split(',').every(isDisposition),
        `must be one of ${dispositions.join(', ')}, or several with commas`,
      )
      .optional(),
    'Its outcome; several are separated by commas',
  ),
  from: described(text().optional(), "Text in the sender's name or address"),
  since: day('First day of arrival, `2026-11-24`, in the time zone of the budget'),
  until: day('Last day of arrival'),
  cursor,
  limit: limit(50),
})

/** Every operation, in the order of the description. */
export const operations = new Operations()
addReading(operations)
addSingle(operations)
addDecisions(operations)
addAccounts(operations)
addStatistics(operations)
addKnowledgeOperations(operations)
addTeachingOperations(operations)
addStoreOperations(operations)
addPeopleOperations(operations)
addTokenOperations(operations)
operations.add(
  {
    ...{ id: 'describeApi', method: 'get', path: '/openapi.json', tag: 'description' },
    summary: 'OpenAPI description of this API',
    isOpen: true,
    answer: z.looseObject({}),
  },
  async () => operations.describe(),
)

function addReading(api: Operations): void {
  api.read(
    {
      ...{ id: 'listWaiting', method: 'get', path: '/replies', tag: 'replies' },
      summary:
        'Replies that wait for a person: those that need somebody first, then the most urgent, then the oldest; with `show` also those that are about to be sent; `X-Total-Count` says how many, `Link` names the next page',
      query: z.strictObject({
        q: search,
        account,
        show: described(
          z.enum(['waiting', 'sending', 'all']).default('waiting'),
          '`waiting`: for a person; `sending`: approved and not sent yet; `all`: both',
        ),
        cursor,
        limit: limit(200),
      }),
      answer: z.array(answers.listedMail),
    },
    async ({ context: { db } }, { query: { q, account, show, cursor, limit }, c }) => {
      const filter = { search: q, account, show }
      const rows = await waitingMails(db, filter, given({ after: cursor, limit: limit + 1 }))
      c.header('x-total-count', String(await countWaiting(db, filter)))
      return pageOf(c, rows, limit).map(listedView)
    },
  )
  api.read(
    {
      ...{ id: 'listMails', method: 'get', path: '/mails', tag: 'mails' },
      summary: 'Every mail, newest first; `Link` names the next page',
      query: filters,
      answer: z.array(answers.historyMail),
    },
    async ({ context: { db, config } }, { query: { q, cursor, ...filter }, c }) => {
      const { timeZone } = config.budget
      const rows = await listMails(db, {
        ...given(filter),
        ...given({ search: q, before: cursor }),
        limit: filter.limit + 1,
        timeZone,
      })
      return pageOf(c, rows, filter.limit).map((row) => ({
        ...listedView(row),
        cost: row.cost,
        tokens: row.tokens,
      }))
    },
  )
}

function addSingle(api: Operations): void {
  for (const [id, path, tag, summary] of [
    ['showMail', '/mails/{id}', 'mails', 'Everything known about one mail'],
    ['showReply', '/replies/{id}', 'replies', 'One reply with its mail'],
  ] as const)
    api.read(
      {
        id,
        method: 'get',
        path,
        tag,
        summary,
        parameters: mailId,
        answer: answers.wholeMail,
        refusals: [404],
      },
      ({ context }, given) => wholeMail(context.db, given.path.id),
    )
  api.add(
    {
      ...{ id: 'showApprovalCode', method: 'get', path: '/replies/{id}/code', tag: 'replies' },
      summary: 'A waiting reply with the code that a person gives to an assistant to approve it',
      parameters: mailId,
      answer: answers.code,
      refusals: [404, 409],
    },
    async (web, { path }) => {
      const reply = openReply(await load(web, path.id))
      const { addressees, subject, text } = reply
      return { to: addressees.join(', '), subject, text, code: approvalCode(web.context.replyKey, reply) }
    },
  )
}

function addStatistics(api: Operations): void {
  api.read(
    {
      ...{ id: 'sumUsage', method: 'get', path: '/usage', tag: 'statistics' },
      summary: 'Tokens and cost of the calls to the model',
      query: z.strictObject({
        by: described(z.enum(['day', 'account', 'step']).default('day'), 'How the sums are grouped'),
        since: day('First day'),
      }),
      answer: z.array(answers.usage),
    },
    ({ context }, { query }) => usageBy(context.db, query.by, query.since ?? ''),
  )
}

/** Without the keys that are undefined. */
const given = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }

async function wholeMail(db: WebContext['context']['db'], id: string) {
  const row = await loadMessage(db, id)
  if (row === null) throw new Refusal('not-found')
  const [mail, reply] = [await loadMail(db, row.id), await loadReply(db, row.id)]
  return {
    ...mailView(row),
    lastError: row.lastError,
    dueAt: row.dueAt,
    text: mail === null ? null : visibleText(mail.message).text,
    attachments: ((await loadAttachments(db, row.id)) ?? []).map(attachmentView),
    reply: reply && replyView(reply),
    ...(await explainMail(db, row.id)),
  }
}

function addDecisions(api: Operations): void {
  for (const [name, { fields, summary, act, answer }] of Object.entries(actions)) {
    const [path, id] = name === 'restore' ? ['/junk/{id}', 'Mail'] : ['/replies/{id}', 'Reply']
    api.add(
      {
        ...{ id: `${name}${id}`, method: 'post', path: `${path}/${name}`, summary },
        tag: name === 'restore' ? 'mails' : 'replies',
        parameters: mailId,
        body: fields,
        answer,
        refusals: [404, 409, 422],
      },
      async (web, { path, actor, body }) => {
        return { ok: true, ...(await act(web, path.id, actor, body)) }
      },
    )
  }
}

function addAccounts(api: Operations): void {
  api.read(
    {
      ...{ id: 'listAccounts', method: 'get', path: '/accounts', tag: 'accounts' },
      summary: 'Accounts, and whether they are paused',
      answer: z.array(answers.account),
    },
    async ({ context: { accounts, db } }) =>
      Promise.all([...accounts.keys()].map((address) => loadAccountState(db, address))),
  )
  for (const [name, summary, change] of [
    ['pause', 'Stop all sending', pause],
    ['resume', 'Resume sending', resume],
    ['retry', 'Connect at once, even if the login was refused before', tryAgain],
  ] as const)
    api.add(
      {
        ...{ id: `${name}Account`, method: 'post', path: `/accounts/{address}/${name}`, tag: 'accounts' },
        ...{ summary, parameters: z.strictObject({ address }), answer: answers.done, refusals: [404] },
      },
      async (web, { path, actor }) => {
        await change(web, path.address, actor)
        return { ok: true }
      },
    )
  addAutonomy(api)
}

function addAutonomy(api: Operations): void {
  api.read(
    {
      ...{ id: 'listAutonomy', method: 'get', path: '/autonomy', tag: 'accounts' },
      summary: 'Earned autonomy by account and category',
      answer: z.array(answers.autonomy),
    },
    async ({ context: { accounts, db } }) =>
      (await Promise.all([...accounts.keys()].map((address) => autonomyByCategory(db, address)))).flat(),
  )
  const parameters = z.strictObject({ address, category: described(text(), 'Name of a category') })
  const one = { tag: 'accounts', parameters, path: '/autonomy/{address}/{category}' } as const
  const consequencesOf = async ({ context }: WebContext, account: string, category: string) =>
    consequenceLines(await sendingOfOne(context, { account, category }))
  api.add(
    {
      ...{ ...one, id: 'previewAutonomy', method: 'get', refusals: [404] },
      summary:
        'What happens once replies of the category go out automatically: show it to a person before you grant it',
      answer: answers.autonomyPreview,
    },
    async (web, { path: { address, category } }) => {
      if (!web.context.accounts.has(address)) throw new Refusal('unknown-account')
      const all = await autonomyByCategory(web.context.db, address)
      const offered = all.some((each) => each.category === category && each.offered)
      return { offered, consequences: await consequencesOf(web, address, category) }
    },
  )
  api.add(
    {
      ...{ ...one, id: 'grantAutonomy', method: 'post', path: `${one.path}/grant`, refusals: [404, 409] },
      summary: 'Let replies of the category go out automatically',
      answer: answers.granted,
    },
    async (web, { path: { address, category }, actor }) => {
      await grantAutonomy(web, address, category, actor)
      return { ok: true, consequences: await consequencesOf(web, address, category) }
    },
  )
  api.add(
    {
      ...{ ...one, id: 'revokeAutonomy', method: 'post', path: `${one.path}/revoke`, refusals: [404, 409] },
      summary: 'Stop sending replies of the category automatically',
      answer: answers.done,
    },
    async (web, { path: { address, category }, actor }) => {
      await revokeAutonomy(web, address, category, actor)
      return { ok: true }
    },
  )
}
