/** The Teach pages and their forms. */
import type { Hono } from 'hono'
import type { Account } from '../../context.ts'
import { Refusal } from '../../review/review.ts'
import type { Env } from '../access.ts'
import type { ViewOf } from '../overviews.tsx'
import type { WebContext } from '../web-context.ts'
import { addGaps } from './gaps-routes.tsx'
import { addKnowledge } from './knowledge-routes.tsx'
import { addLearned } from './learned-routes.tsx'
import { addPlayground } from './playground-routes.tsx'
import type { Teaching } from './teaching.ts'

const notices: Readonly<Record<string, string | undefined>> = {
  'file-saved': 'Saved. The next reply uses it.',
  'file-added': 'Added. The next reply uses it.',
  'file-removed': 'Deleted. No reply uses it any more.',
  undone: 'Undone.',
  'offer-declined': 'Declined. It is not offered again.',
  'found-accepted': 'Accepted. Replies can say it from now on.',
  'found-removed': 'Removed. It is not proposed again.',
  'instructions-used': 'Saved. The next reply follows these instructions.',
  untaught: 'Taken back. Drafts that rest on it are being written again.',
}

export function addTeach(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const { accounts } = web.context
  const accountOf = (asked: string | undefined) => {
    const [first] = [...accounts.values()].sort((one, other) => Number(has(other)) - Number(has(one)))
    const found = asked ? accounts.get(asked) : first
    if (found === undefined) throw new Refusal('unknown-account')
    return found
  }
  const teachOf: Teaching['teachOf'] = async (c, { settings }, notice) => {
    const view = await viewOf(c)
    const said = notice?.said ?? notices[c.req.query('done') ?? ''] ?? view.notice
    const change = c.req.query('change')
    const undoAt = notice?.undo ?? (change ? `/teach/undo/${encodeURIComponent(change)}` : null)
    const own = settings.owner.address
    return { view: { ...view, notice: said, undoAt }, account: own, accounts: [...accounts.keys()] }
  }
  const teaching = { web, accountOf, teachOf }
  addGaps(pages, teaching)
  addKnowledge(pages, teaching)
  addLearned(pages, teaching)
  addPlayground(pages, teaching)
}

const has = ({ knowledge }: Account) => knowledge !== null
