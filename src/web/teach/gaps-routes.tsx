/** The page of missing facts, and the forms that teach one and take it back. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Account } from '../../context.ts'
import { acceptOffer, declineOffer, offers } from '../../review/offers.ts'
import { Refusal } from '../../review/review.ts'
import { gaps, PersonalRefusal, teach, unteach } from '../../review/teach.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import { factPath, GapsPage, gapsPath, gapWeeks, type TypedFact, taughtWords } from './gaps-page.tsx'
import type { TypedOffer } from './offers.tsx'
import { teachPath } from './teach-page.tsx'
import { settled, type Teaching } from './teaching.ts'

const gapsShown = 20
const weekMs = 7 * 86_400_000

const lessonFields = z.strictObject({
  account: text(),
  gap: text(),
  question: text(),
  fact: text(),
  confirmed: z.literal('1').optional(),
})

const offerFields = lessonFields.omit({ gap: true })

export function addGaps(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf } = teaching
  addOffers(pages, teaching)
  pages.get(gapsPath, (c) => gapsPage(c, teaching, accountOf(c.req.query('account')), null))
  pages.post('/teach/facts', async (c) => {
    const { confirmed, ...given } = fitting(await formBody(c), lessonFields)
    const by = c.get('session').actor
    const fact = given.fact.replace(/\r\n?/g, '\n')
    try {
      const done = await teach(web, { ...given, fact, by, confirmed: confirmed === '1' })
      const counts = { again: String(done.rewritten.length), left: String(done.left.length) }
      return c.redirect(
        teachPath(gapsPath, given.account, { done: 'taught', fact: done.fact.id, ...counts }),
        303,
      )
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.reason === 'unknown-gap')
        return c.redirect(teachPath(gapsPath, given.account, { refused: error.reason }), 303)
      const personal = error instanceof PersonalRefusal ? error.found : []
      const typed = { ...given, fact, fault: error.message, personal }
      return gapsPage(c, teaching, accountOf(given.account), typed)
    }
  })
  pages.post('/teach/facts/:id/remove', (c) => {
    const account = c.req.query('account') ?? ''
    return settled(
      c,
      async () => {
        await unteach(web, { account, id: c.req.param('id'), by: c.get('session').actor })
        return teachPath(gapsPath, account, { done: 'untaught' })
      },
      (refused) => teachPath(gapsPath, account, { refused }),
    )
  })
}

function addOffers(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf } = teaching
  pages.post('/teach/offers/:id/accept', async (c) => {
    const { account, confirmed, ...given } = fitting(await formBody(c), offerFields)
    const [id, by] = [c.req.param('id'), c.get('session').actor]
    const fact = given.fact.replace(/\r\n?/g, '\n')
    try {
      const done = await acceptOffer(web, id, { ...given, fact, by, confirmed: confirmed === '1' })
      const counts = { again: String(done.rewritten.length), left: String(done.left.length) }
      return c.redirect(teachPath(gapsPath, account, { done: 'taught', fact: done.fact.id, ...counts }), 303)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const typed = { id, ...given, fact, fault: error.message }
      return gapsPage(c, teaching, accountOf(account), null, typed)
    }
  })
  pages.post('/teach/offers/:id/decline', async (c) => {
    const { account } = fitting(await formBody(c), offerFields.pick({ account: true }))
    return settled(
      c,
      async () => {
        await declineOffer(web, c.req.param('id'))
        return teachPath(gapsPath, account, { done: 'offer-declined' })
      },
      (refused) => teachPath(gapsPath, account, { refused }),
    )
  })
}

async function gapsPage(
  c: Context<Env>,
  { web, teachOf }: Teaching,
  account: Account,
  typed: TypedFact | null,
  typedOffer: TypedOffer | null = null,
): Promise<Response> {
  const asked = (name: string) => c.req.query(name) ?? ''
  const own = account.settings.owner.address
  const since = new Date(web.context.clock.now().getTime() - gapWeeks * weekMs)
  const all = await gaps(web, { since, account: own })
  const at = typed === null ? Math.max(0, Math.floor(Number(asked('from')) || 0)) : 0
  const page = all.slice(at, at + gapsShown)
  const missed = all.find(({ id }) => id === typed?.gap)
  const shown = {
    gaps: missed === undefined || page.includes(missed) ? page : [missed, ...page],
    total: all.length,
    first: at === 0 ? null : teachPath(gapsPath, own),
    next: at + gapsShown < all.length ? teachPath(gapsPath, own, { from: String(at + gapsShown) }) : null,
    typed,
    offers: await offers(web, { since, account: own }),
    typedOffer,
    hasFolder: account.settings.knowledge !== null,
  }
  const isTaught = asked('done') === 'taught'
  const notice = isTaught
    ? { said: taughtWords(Number(asked('again')), Number(asked('left'))), undo: factPath(own, asked('fact')) }
    : undefined
  const teachView = await teachOf(c, account, notice)
  return c.html(
    <GapsPage teach={teachView} shown={shown} />,
    typed === null && typedOffer === null ? 200 : 409,
  )
}
