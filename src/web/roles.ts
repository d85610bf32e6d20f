/** Which role a person needs for what the pages offer. Decided here, for every route, before a body is read. */
import type { Context, Next } from 'hono'
import { matchedRoutes } from 'hono/route'
import { isAllowed, type PersonRole } from '../store/people.ts'
import type { Env } from './access.ts'
import { failed } from './failures.tsx'

/**
 * By method and path as the routes are declared. A route that is not listed is for the owner only; a test requires
 * every route to be listed.
 */
export const routeRoles: Readonly<Record<string, PersonRole>> = {
  'GET /': 'reader',
  'GET /events': 'reader',
  'GET /replies/:id': 'reader',
  'GET /mails/:id': 'reader',
  'GET /mails/:id/conversation': 'reader',
  'GET /mails/:id/html': 'reader',
  'GET /mails/:id/parts/:path{[0-9.]{1,40}}': 'reader',
  'GET /junk': 'reader',
  'GET /history': 'reader',
  'GET /insight': 'reader',
  'GET /settings': 'reader',
  'GET /settings/:section': 'reader',
  'GET /settings/people': 'reader',
  'GET /teach': 'reader',
  'GET /teach/knowledge': 'reader',
  'GET /teach/knowledge/file': 'reader',
  'GET /teach/learned': 'reader',
  'GET /teach/playground': 'reviewer',
  'POST /teach/playground': 'reviewer',
  'GET /teach/playground/runs/:id': 'reviewer',
  'POST /teach/playground/runs/:id/stop': 'reviewer',
  'POST /teach/playground/instructions': 'owner',
  'POST /teach/facts': 'reviewer',
  'POST /teach/facts/:id/remove': 'reviewer',
  'POST /teach/gaps/:id/again': 'reviewer',
  'POST /teach/offers/:id/accept': 'reviewer',
  'POST /teach/offers/:id/decline': 'reviewer',
  'POST /teach/found/:id/accept': 'reviewer',
  'POST /teach/found/:id/remove': 'reviewer',
  'POST /teach/learned/forget': 'reviewer',
  'POST /teach/learned/recall': 'reviewer',
  'POST /teach/learned/facts/:id/remove': 'reviewer',
  'POST /teach/knowledge/save': 'reviewer',
  'POST /teach/knowledge/remove': 'reviewer',
  'POST /teach/knowledge/add': 'reviewer',
  'POST /teach/knowledge/upload': 'reviewer',
  'POST /teach/undo/:id': 'reviewer',
  'GET /notifications': 'reader',
  'POST /notifications': 'reader',
  'POST /notifications/:id': 'reader',
  'POST /notifications/:id/test': 'reader',
  'POST /notifications/:id/remove': 'reader',
  'GET /snippets': 'reader',
  'POST /snippets': 'reviewer',
  'POST /snippets/:id/remove': 'reviewer',
  'GET /you': 'reader',
  'GET /demo': 'reviewer',
  'POST /demo': 'reviewer',
  'POST /you': 'reader',
  'POST /you/devices/:id': 'reader',
  'GET /inbox/all': 'reviewer',
  'POST /replies/:id/:action': 'reviewer',
  'POST /inbox/:action{approve|reject|junk|cancel|reopen|undo-junk}': 'reviewer',
  'POST /junk/:id/restore': 'reviewer',
  'POST /accounts/:address/:action{pause|resume|retry}': 'reviewer',
  'GET /assistants': 'reviewer',
  'GET /assistants/code/:id': 'reviewer',
  'POST /assistants/facts/:id/:decision{accept|discard}': 'reviewer',
  'POST /autonomy/:address/:category/:action{grant|revoke}': 'owner',
  'POST /accounts/:address/test': 'owner',
  'GET /accounts/:address/sign-in': 'owner',
  'POST /accounts/:address/sign-in': 'owner',
  'POST /accounts/:address/sign-in/paste': 'owner',
  'POST /settings/:section{replies|instructions|categories|senders|budget}': 'owner',
  'POST /settings/undo': 'owner',
  'POST /settings/people': 'owner',
  'POST /settings/people/:id/:action{role|password|remove}': 'owner',
  'GET /devices': 'owner',
  'POST /devices/end': 'owner',
  'POST /devices/end-others': 'owner',
  'POST /devices/end/:id': 'owner',
  'POST /devices/tokens': 'owner',
  'POST /devices/tokens/:name/revoke': 'owner',
  'POST /devices/backup': 'owner',
  'POST /devices/forget': 'owner',
  'ALL /settings/queues/*': 'owner',
}

/** Catch-all handlers, such as guards, are not routes. */
const isRoute = ({ method, path }: { method: string; path: string }) =>
  method !== 'ALL' || path.startsWith('/settings/queues/')

/** The role that a request needs. Unknown paths match only guards, and every role may be told that they are unknown. */
export function neededRole(matched: readonly { method: string; path: string }[]): PersonRole {
  const needed = matched.filter(isRoute).map(({ method, path }) => routeRoles[`${method} ${path}`] ?? 'owner')
  return needed.find((role) => role === 'owner') ?? needed[0] ?? 'reader'
}

const words: Readonly<Record<PersonRole, string>> = {
  reader: 'You may read here, but not change anything.',
  reviewer: 'You may decide about mail, but only an owner may do this.',
  owner: 'This is for somebody else.',
}

/** Refuses what the role of the session does not allow. */
export async function roleGuard(c: Context<Env>, next: Next): Promise<Response | undefined> {
  const { role } = c.get('session')
  if (isAllowed(role, neededRole(matchedRoutes(c)))) return void (await next())
  return failed(c, 403, 'forbidden', words[role])
}
