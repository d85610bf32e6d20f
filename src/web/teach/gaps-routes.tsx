/** The page of missing facts, and the forms that teach one and take it back. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { Account } from '../../context.ts'
import { beginAccepting, declineOffer, offers } from '../../review/offers.ts'
import { Refusal } from '../../review/review.ts'
import {
  type Begun,
  beginTeaching,
  beginUnteaching,
  gaps,
  PersonalRefusal,
  taught,
  tryGapAgain,
} from '../../review/teach.ts'
import { rewrittenMails } from '../../store/gaps.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import type { WebContext } from '../web-context.ts'
import { factPath, GapsPage, gapsPath, gapWeeks, type TypedFact } from './gaps-page.tsx'
import type { TypedOffer } from './offers.tsx'
import { againWords, type Rewriting } from './rewriting.tsx'
import { teachPath } from './teach-page.tsx'
import { followed, settled, type Teaching } from './teaching.ts'

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
      const begun = await beginTeaching(web, { ...given, fact, by, confirmed: confirmed === '1' })
      return c.redirect(taughtPath(web, given.account, begun), 303)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.reason === 'unknown-gap')
        return c.redirect(teachPath(gapsPath, given.account, { refused: error.reason }), 303)
      const personal = error instanceof PersonalRefusal ? error.found : []
      const typed = { ...given, fact, fault: error.message, personal }
      return gapsPage(c, teaching, accountOf(given.account), typed)
    }
  })
  pages.post('/teach/gaps/:id/again', async (c) => {
    const { account } = fitting(await formBody(c), offerFields.pick({ account: true }))
    return settled(
      c,
      async () => {
        const by = c.get('session').actor
        const begun = await tryGapAgain(web, { account, gap: c.req.param('id'), by })
        followed(web, begun)
        return teachPath(gapsPath, account, { done: 'again', again: String(begun.again) })
      },
      (refused) => teachPath(gapsPath, account, { refused }),
    )
  })
  pages.post('/teach/facts/:id/remove', (c) => {
    const account = c.req.query('account') ?? ''
    return settled(
      c,
      async () => {
        const which = { account, id: c.req.param('id'), by: c.get('session').actor }
        followed(web, await beginUnteaching(web, which))
        return teachPath(gapsPath, account, { done: 'untaught' })
      },
      (refused) => teachPath(gapsPath, account, { refused }),
    )
  })
}

/** Where a person continues while the drafts are written. */
function taughtPath(web: WebContext, account: string, begun: Begun): string {
  followed(web, begun)
  const counts = { again: String(begun.again), left: String(begun.left) }
  return teachPath(gapsPath, account, { done: 'taught', fact: begun.fact.id, ...counts })
}

function addOffers(pages: Hono<Env>, teaching: Teaching): void {
  const { web, accountOf } = teaching
  pages.post('/teach/offers/:id/accept', async (c) => {
    const { account, confirmed, ...given } = fitting(await formBody(c), offerFields)
    const [id, by] = [c.req.param('id'), c.get('session').actor]
    const fact = given.fact.replace(/\r\n?/g, '\n')
    try {
      const begun = await beginAccepting(web, id, { ...given, fact, by, confirmed: confirmed === '1' })
      return c.redirect(taughtPath(web, account, begun), 303)
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

/** The drafts that a fact just taught has changed; null if there are none. */
async function rewritingOf({ context }: WebContext, account: string, id: string): Promise<Rewriting | null> {
  const fact = taught(context, account).find((each) => each.id === id)
  const mails = fact === undefined ? [] : await rewrittenMails(context.db, fact.mails)
  return fact === undefined || mails.length === 0 ? null : { since: new Date(fact.at), mails }
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
  // If somebody comes from a mail, the facts that its draft lacks come first.
  const asking = all.filter(({ mails }) => mails.some(({ id }) => id === asked('mail')))
  const page = [...new Set([...asking, ...all.slice(at, at + gapsShown)])]
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
    rewriting: asked('done') === 'taught' ? await rewritingOf(web, own, asked('fact')) : null,
  }
  const [again, left] = [Number(asked('again')) || 0, Number(asked('left')) || 0]
  const notice =
    asked('done') === 'taught'
      ? {
          said: `Taught. Replies can say it from now on.${againWords(again, left)}`,
          undo: factPath(own, asked('fact')),
        }
      : asked('done') === 'again'
        ? { said: againWords(again, 0).trim() || 'No draft waits for it.' }
        : undefined
  const teachView = await teachOf(c, account, notice)
  return c.html(
    <GapsPage teach={teachView} shown={shown} />,
    typed === null && typedOffer === null ? 200 : 409,
  )
}
