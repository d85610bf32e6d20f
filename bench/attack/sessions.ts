/** Copied cookies, stolen tokens, and a screen that was left unlocked. */
import { type Area, type Attack, differs } from './attack.ts'
import { apiToken, type Pages, password, startPages } from './daemon.ts'
import { ask } from './http.ts'
import { cookiesOf, tryLogin } from './login.ts'

export const sessions: Area = {
  name: 'sessions',
  open: async () => {
    const pages = await startPages({ password })
    return {
      attacks: [...cookies(pages), ...unlocked(pages), ...tokens(pages)],
      [Symbol.asyncDispose]: () => pages[Symbol.asyncDispose](),
    }
  },
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const loggedIn = async ({ url }: Pages) => cookiesOf(await tryLogin(url, password))
const statusOf = async ({ url }: Pages, path: string, cookie: string) =>
  (await ask(`${url}${path}`, { headers: { cookie } })).status
const formToken = async ({ url }: Pages, cookie: string) =>
  /name="token" value="([^"]+)"/.exec((await ask(`${url}/devices`, { headers: { cookie } })).text)?.[1] ?? ''
const post = (pages: Pages, path: string, cookie: string, fields: Record<string, string>) =>
  ask(`${pages.url}${path}`, {
    method: 'POST',
    headers: { ...form, cookie },
    body: new URLSearchParams(fields).toString(),
  })

function cookies(pages: Pages): Attack[] {
  const onServer = 'sessions live on the server'
  return [
    {
      name: 'a cookie that was copied before the log-out',
      holds: onServer,
      run: async () => {
        const cookie = await loggedIn(pages)
        await post(pages, '/logout', cookie, { token: await formToken(pages, cookie) })
        return differs(await statusOf(pages, '/history', cookie), 303)
      },
    },
    {
      name: 'a copied cookie after "end all" on another device',
      holds: onServer,
      run: async () => {
        const [stolen, own] = [await loggedIn(pages), await loggedIn(pages)]
        await post(pages, '/devices/end', own, { token: await formToken(pages, own) })
        return differs(await statusOf(pages, '/history', stolen), 303)
      },
    },
    {
      name: 'a copied cookie after twelve idle hours',
      holds: 'an idle session ends; live updates do not count as use',
      run: async () => {
        const cookie = await loggedIn(pages)
        await pages.running.daemon.context.db.query(
          `update replyd.session set seen_at = seen_at - interval '12 hours 1 second'`,
        )
        return differs(await statusOf(pages, '/history', cookie), 303)
      },
    },
    {
      name: 'the id of a session out of a stolen backup',
      holds: 'the store has hashes only',
      run: async () => {
        await loggedIn(pages)
        const { rows } = await pages.running.daemon.context.db.query<{ id: string }>(
          'select id from replyd.session',
        )
        const statuses = await Promise.all(
          rows.map(({ id }) => statusOf(pages, '/history', `replyd_session=${id}`)),
        )
        return differs([...new Set(statuses)], [303])
      },
    },
    {
      name: 'a session that another site chose for the owner',
      holds: 'the login makes a new one; `__Host-` behind TLS',
      run: async () => {
        const planted = `replyd_session=${'a'.repeat(43)}`
        const cookie = cookiesOf(await tryLogin(pages.url, password, { cookie: planted }))
        const statuses = [
          await statusOf(pages, '/history', planted),
          await statusOf(pages, '/history', cookie),
        ]
        return differs(statuses, [303, 200])
      },
    },
    {
      name: 'the form of one session sent with the cookie of another',
      holds: 'the token of a form is bound to its session',
      run: async () => {
        const [own, other] = [await loggedIn(pages), await loggedIn(pages)]
        const token = await formToken(pages, own)
        return differs((await post(pages, '/devices/end', other, { token })).status, 403)
      },
    },
  ]
}

function unlocked(pages: Pages): Attack[] {
  const cases: [string, string, Record<string, string>][] = [
    ['downloads a backup', '/devices/backup', {}],
    ['forgets a correspondent', '/devices/forget', { address: 'a@x.example' }],
    ['makes a token', '/devices/tokens', { name: 'thief', 'scope-admin': '1' }],
  ]
  return cases.map(([name, path, fields]) => ({
    name: `somebody at an unlocked screen ${name}`,
    holds: 'the password is asked for again, and guesses are slowed down',
    run: async () => {
      const cookie = await loggedIn(pages)
      const token = await formToken(pages, cookie)
      const answer = await post(pages, path, cookie, { token, password: '', ...fields })
      return differs(answer.status, 403)
    },
  }))
}

function tokens(pages: Pages): Attack[] {
  const api = (path: string, secret: string, body?: object) =>
    ask(`${pages.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const make = async (name: string, scopes: string[]) =>
    (JSON.parse((await api('/api/tokens', apiToken, { name, scopes })).text) as { token: string }).token
  let serial = 0
  const scoped = (name: string, scope: string, path: string, body?: object): Attack => ({
    name: `a token with the scope ${scope} ${name}`,
    holds: 'scopes; what is not named needs `admin`',
    run: async () => {
      const secret = await make(`token ${++serial}`, [scope])
      return differs((await api(path, secret, body)).status, 403)
    },
  })
  return [
    scoped('approves a reply', 'read', '/api/replies/none/approve', { seen: 'x' }),
    scoped('reads mail', 'metrics', '/api/mails'),
    scoped('takes a backup', 'decide', '/api/backup', {}),
    scoped('makes itself an admin', 'decide', '/api/tokens', { name: 'more', scopes: ['admin'] }),
    scoped('grants autonomy', 'decide', '/api/autonomy/a@x.example/other/grant', {}),
    scoped('takes a backup by way of a path of replies', 'decide', '/api/replies/../backup', {}),
    {
      name: 'a revoked token',
      holds: 'looked up in the store at every request',
      run: async () => {
        const secret = await make('lost', ['admin'])
        await api('/api/tokens/lost/revoke', apiToken, {})
        return differs((await api('/api/mails', secret)).status, 401)
      },
    },
    {
      name: 'the hash of a token out of a stolen backup',
      holds: 'the store has hashes only',
      run: async () => {
        await make('kept', ['admin'])
        const { rows } = await pages.running.daemon.context.db.query<{ hash: string }>(
          'select hash from replyd.api_token',
        )
        const answers = await Promise.all(rows.map(({ hash }) => api('/api/mails', hash)))
        return differs([...new Set(answers.map(({ status }) => status))], [401])
      },
    },
  ]
}
