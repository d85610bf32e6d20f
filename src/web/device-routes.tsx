/**
 * The page of devices and tokens, and its forms. Every action that grants or revokes something asks for the password
 * again.
 */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../review/review.ts'
import { listTokens, revokeToken } from '../store/api-tokens.ts'
import { removeOtherPushDevices } from '../store/push-devices.ts'
import type { Env } from './access.ts'
import { BadRequest, fitting, formBody, text } from './bodies.ts'
import { unconfirmed } from './confirm.tsx'
import { DevicesPage, type DevicesView } from './devices-page.tsx'
import type { ViewOf } from './overviews.tsx'
import type { PasswordCheck } from './password-check.ts'
import type { Sessions } from './sessions.ts'
import { backupStream, forget } from './store-routes.ts'
import { issueToken } from './token-routes.ts'
import type { WebContext } from './web-context.ts'

const typed = { password: text().default(''), code: text().default('') }
const confirmFields = z.strictObject(typed)
const forgetFields = z.strictObject({ ...typed, address: text() })
const tokenFields = z.looseObject({ ...typed, name: text().default('') })

interface Access {
  web: WebContext
  viewOf: ViewOf
  sessions: Sessions
  passwords: PasswordCheck
}

type Said = Partial<Pick<DevicesView, 'fault' | 'issued'> & { notice: string }>

export function addDevices(routes: Hono<Env>, access: Access): void {
  const { web, sessions } = access
  const show = async (c: Context<Env>, said: Said = {}, status: 200 | 400 | 403 | 429 = 200) =>
    c.html(await pageOf(access, c, said), status)
  routes.get('/devices', (c) => show(c))
  routes.post('/devices/end', async (c) => {
    await sessions.end(null)
    return c.redirect('/login', 303)
  })
  routes.post('/devices/end-others', async (c) => {
    const others = (await sessions.list(c.get('passwordHash'))).filter(({ id }) => id !== c.get('session').id)
    for (const { id } of others) await sessions.end(id)
    await removeOtherPushDevices(web.context.db, c.get('session').id, { keepsPeople: false })
    return c.redirect('/devices', 303)
  })
  routes.post('/devices/end/:id', async (c) => {
    await sessions.end(c.req.param('id'))
    return c.redirect('/devices', 303)
  })
  // Revoking grants nothing: no password.
  routes.post('/devices/tokens/:name/revoke', async (c) => {
    await revokeToken(web.context.db, c.req.param('name'))
    return c.redirect('/devices', 303)
  })
  addConfirmed(routes, access, show)
}

async function pageOf({ web, viewOf, sessions }: Access, c: Context<Env>, { notice, ...said }: Said) {
  const { db, config } = web.context
  const view = await viewOf(c)
  const devices: DevicesView = {
    ...{ fault: null, issued: null, ...said },
    own: c.get('session').id,
    sessions: view.hasLogin ? await sessions.list(c.get('passwordHash')) : null,
    tokens: await listTokens(db),
    hasCode: config.web.totpSecret !== null,
  }
  return <DevicesPage view={{ ...view, notice: notice ?? view.notice }} devices={devices} />
}

type Show = (c: Context<Env>, said: Said, status?: 400 | 403 | 429) => Promise<Response>

function addConfirmed(routes: Hono<Env>, { web, passwords }: Access, show: Show): void {
  const { db, clock } = web.context
  /** Runs `act` if the password was right. Without a password only this machine gets this far. */
  const confirmed = async (
    c: Context<Env>,
    given: { password: string; code: string },
    act: () => Promise<Response>,
  ): Promise<Response> => {
    if (c.get('passwordHash') === null) return act()
    const refused = await unconfirmed(passwords, c, given)
    return refused === null ? act() : show(c, { fault: refused.fault }, refused.status)
  }
  routes.post('/devices/tokens', async (c) => {
    const fields = fitting(await formBody(c), tokenFields)
    const scopes = Object.keys(fields).flatMap((key) => (key.startsWith('scope-') ? [key.slice(6)] : []))
    return confirmed(c, fields, async () => {
      try {
        const { actor } = c.get('session')
        const issued = await issueToken(db, { name: fields.name.trim(), scopes }, actor, clock.now())
        return await show(c, { issued })
      } catch (error) {
        if (!(error instanceof BadRequest || error instanceof Refusal)) throw error
        return show(c, { fault: error.message }, 400)
      }
    })
  })
  routes.post('/devices/backup', async (c) =>
    confirmed(c, fitting(await formBody(c), confirmFields), async () =>
      c.body(await backupStream(web), 200, {
        'content-type': 'application/gzip',
        'content-disposition': 'attachment; filename="replyd-backup.gz"',
      }),
    ),
  )
  routes.post('/devices/forget', async (c) => {
    const { address, ...given } = fitting(await formBody(c), forgetFields)
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) return show(c, { fault: 'That is not an address.' }, 400)
    return confirmed(c, given, async () => {
      const { mails, replies } = await forget(web, address, c.get('session').actor)
      return show(c, { notice: `The text of ${mails} mails and ${replies} replies was removed.` })
    })
  })
}
