/** Operations on what replyd may state: the files of the knowledge, and facts that were proposed for them. */
import * as z from 'zod'
import type { Passage } from '../knowledge/knowledge.ts'
import { accept, discard, proposals, propose } from '../review/proposals.ts'
import { Refusal } from '../review/review.ts'
import * as answers from './answers.ts'
import { BadRequest, text } from './bodies.ts'
import type { Operations } from './operations.ts'
import type { Reading, WebContext } from './web-context.ts'

const address = text().meta({ description: "The account's address" })
const factId = z.strictObject({ id: text().meta({ description: "The proposal's id" }) })
const line = (most: number, description: string) => text().min(1).max(most).meta({ description })

export function addKnowledgeOperations(api: Operations): void {
  api.read(
    {
      ...{ id: 'listKnowledge', method: 'get', path: '/knowledge', tag: 'knowledge' },
      summary: 'Files of the knowledge, by account',
      answer: z.array(answers.knowledgeFile),
    },
    async ({ context: { accounts } }) => {
      await Promise.all([...accounts.values()].map(({ knowledge }) => knowledge?.settled()))
      return [...accounts].flatMap(([account, { knowledge }]) =>
        (knowledge?.files() ?? []).map((each) => ({ account, ...each })),
      )
    },
  )
  api.read(
    {
      ...{ id: 'showKnowledge', method: 'get', path: '/knowledge/{address}/{file}', tag: 'knowledge' },
      summary: 'The text of one file',
      parameters: z.strictObject({
        address,
        file: text().meta({ description: 'Its name as in the list, `/` written as `%2F`' }),
      }),
      answer: answers.knowledgeText,
      refusals: [404],
    },
    async (web, { path }) => textOf(web, path.address, path.file),
  )
  addFacts(api)
}

/** Selects every passage. Each has its headings, so that together they make up the whole file. */
const everything = { queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }

function textOf({ context: { accounts } }: Reading, account: string, file: string) {
  const found = accounts.get(account)?.knowledge?.find(everything) ?? []
  const passages = found.filter((passage) => passage.file === file)
  if (passages.length === 0) throw new Refusal('unknown-file')
  const written = ({ heading, text }: Passage) => (heading === '' ? text : `# ${heading}\n\n${text}`)
  return { account, file, text: passages.map(written).join('\n\n') }
}

function addFacts(api: Operations): void {
  api.read(
    {
      ...{ id: 'listFacts', method: 'get', path: '/facts', tag: 'knowledge' },
      summary: 'Facts that were proposed and wait for a person',
      answer: z.array(answers.fact),
    },
    async ({ context }) => proposals(context),
  )
  api.add(
    {
      ...{ id: 'proposeFact', method: 'post', path: '/facts', tag: 'knowledge' },
      summary: 'Propose a fact for the knowledge; no reply uses it before a person accepts it',
      body: z.strictObject({
        account: address.optional(),
        topic: line(120, 'Becomes the heading'),
        fact: line(2_000, 'In the words that a reply may use'),
      }),
      answer: answers.fact,
      refusals: [404, 409],
    },
    async ({ context }, { body: { account, ...fact }, actor }) =>
      propose(context, { account: account ?? onlyAccount(context), ...fact }, actor),
  )
  api.add(
    {
      ...{ id: 'acceptFact', method: 'post', path: '/facts/{id}/accept', tag: 'knowledge' },
      summary: 'Write a proposed fact into the knowledge folder',
      body: z.strictObject({
        confirmed: z
          .boolean()
          .optional()
          .meta({ description: 'A person has seen what may be personal in it, and says that it is not' }),
      }),
      ...{ parameters: factId, answer: answers.done, refusals: [404, 409] },
    },
    async (web, { path, body, actor }) => {
      await accept(web, path.id, actor, body.confirmed)
      return { ok: true }
    },
  )
  api.add(
    {
      ...{ id: 'discardFact', method: 'post', path: '/facts/{id}/discard', tag: 'knowledge' },
      summary: 'Forget a proposed fact',
      ...{ parameters: factId, answer: answers.done, refusals: [404, 409] },
    },
    async (web, { path }) => {
      discard(web, path.id)
      return { ok: true }
    },
  )
}

/** @throws BadRequest when there are several */
export function onlyAccount({ accounts }: Pick<WebContext['context'], 'accounts'>): string {
  const [only, ...others] = accounts.keys()
  if (only === undefined || others.length > 0)
    throw new BadRequest(`Name one of the accounts: ${[...accounts.keys()].join(', ')}.`, {
      fields: ['account'],
    })
  return only
}
