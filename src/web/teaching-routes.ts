/** Operations on facts that replies were missing and that a person teaches. */
import * as z from 'zod'
import { acceptOffer, declineOffer, offers } from '../review/offers.ts'
import { Refusal } from '../review/review.ts'
import { gaps, taught, teach, unteach } from '../review/teach.ts'
import * as answers from './answers.ts'
import { between, text } from './bodies.ts'
import { onlyAccount } from './knowledge-routes.ts'
import type { Operations } from './operations.ts'
import type { WebContext } from './web-context.ts'

const account = text().optional().meta({ description: "The account's address" })
const id = z.strictObject({ id: text().meta({ description: 'Its id' }) })
const period = z.strictObject({
  account,
  days: between(1, 3_660).default(28).meta({ description: 'How many days to look back' }),
})
const question = text().max(200).meta({ description: 'Becomes the heading' })
const fact = text().min(1).max(2_000).meta({ description: 'In the words that a reply may use' })
const confirmed = z
  .boolean()
  .optional()
  .meta({ description: 'A person has seen what may be personal in it, and says that it is not' })

const since = ({ context }: WebContext, days: number) =>
  new Date(context.clock.now().getTime() - days * 86_400_000)

export function addTeachingOperations(api: Operations): void {
  api.add(
    {
      ...{ id: 'listGaps', method: 'get', path: '/gaps', tag: 'knowledge' },
      summary: 'What replies were missing, most frequent first',
      query: period,
      answer: z.array(answers.gap),
    },
    (web, { query: { days, ...of } }) => gaps(web, { ...of, since: since(web, days) }),
  )
  api.add(
    {
      ...{ id: 'listTaught', method: 'get', path: '/taught', tag: 'knowledge' },
      summary: 'Facts that were taught, newest first',
      query: z.strictObject({ account }),
      answer: z.array(answers.taughtFact),
      refusals: [404],
    },
    async ({ context }, { query }) => taught(context, query.account),
  )
  api.add(
    {
      ...{ id: 'teachFact', method: 'post', path: '/taught', tag: 'knowledge' },
      summary: 'Teach a fact; waiting drafts that lacked it are written again',
      body: z.strictObject({
        ...{ account, fact, confirmed, question: question.optional() },
        gap: text().optional().meta({ description: 'Id of the gap that it fills' }),
      }),
      answer: answers.teaching,
      refusals: [404, 409],
    },
    (web, { body: { account: address, ...lesson }, actor }) =>
      teach(web, { ...lesson, account: address ?? onlyAccount(web.context), by: actor }),
  )
  api.add(
    {
      ...{ id: 'takeFactBack', method: 'post', path: '/taught/{id}/undo', tag: 'knowledge' },
      summary: 'Remove a taught fact; waiting drafts that state it are written again',
      ...{ parameters: id, answer: answers.teaching, refusals: [404, 409] },
    },
    async (web, { path, actor }) => {
      const found = taught(web.context).find((each) => each.id === path.id)
      if (found === undefined) throw new Refusal('unknown-fact')
      return unteach(web, { account: found.account, id: path.id, by: actor })
    },
  )
  addOffers(api)
}

function addOffers(api: Operations): void {
  api.add(
    {
      ...{ id: 'listOffers', method: 'get', path: '/offers', tag: 'knowledge' },
      summary: 'What people added to drafts that the knowledge does not say',
      query: period,
      answer: z.array(answers.offer),
    },
    (web, { query: { days, ...of } }) => offers(web, { ...of, since: since(web, days) }),
  )
  api.add(
    {
      ...{ id: 'acceptOffer', method: 'post', path: '/offers/{id}/accept', tag: 'knowledge' },
      summary: 'Teach an offered fact, unchanged or in other words',
      parameters: id,
      body: z.strictObject({ question: question.optional(), fact: fact.optional(), confirmed }),
      answer: answers.teaching,
      refusals: [404, 409],
    },
    (web, { path, body, actor }) => acceptOffer(web, path.id, { ...body, by: actor }),
  )
  api.add(
    {
      ...{ id: 'declineOffer', method: 'post', path: '/offers/{id}/decline', tag: 'knowledge' },
      summary: 'Decline an offer; it is not offered again',
      ...{ parameters: id, answer: answers.done, refusals: [404] },
    },
    async (web, { path }) => {
      await declineOffer(web, path.id)
      return { ok: true }
    },
  )
}
