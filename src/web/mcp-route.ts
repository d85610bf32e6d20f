/**
 * MCP over Streamable HTTP at /mcp. Every request brings its token and is independent: there are no sessions that could
 * be hijacked or fill the memory. No browser talks to it, so a request with any Origin is refused. That prevents DNS
 * rebinding: a page under a name that resolves to this machine sends its Origin. Cookies are ignored.
 */
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server'
import type { Context, Hono, MiddlewareHandler, Next } from 'hono'
import { newSecret } from '../base/secret.ts'
import type { Port, Scope } from '../mcp/port.ts'
import type { Env } from './access.ts'
import { failed } from './failures.tsx'

export function addMcp(app: Hono<Env>, bearer: MiddlewareHandler): void {
  let serving: Promise<McpHttpHandler> | null = null
  app.all('/mcp', withoutOrigin, bearer, async (c: Context) => {
    serving ??= openHandler(app)
    const token = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const scopes: unknown = c.get('scopes')
    if (token === undefined || !Array.isArray(scopes)) return c.json({ error: 'unauthorized' }, 401)
    const authInfo: AuthInfo = { token, clientId: 'token', scopes: scopes.map(String) }
    return (await serving).fetch(c.req.raw, { authInfo })
  })
}

async function withoutOrigin(c: Context, next: Next): Promise<Response | undefined> {
  if (c.req.header('origin') !== undefined)
    return failed(c, 403, 'another-origin', 'No web page may use this address.')
  await next()
}

/** Loaded when the first assistant connects: most installations have none. */
async function openHandler(app: Hono<Env>): Promise<McpHttpHandler> {
  const { mcpHandler } = await import('../mcp/server.ts')
  return mcpHandler(({ authInfo, requestInfo }) => ({
    port: portOf(app, requestInfo, authInfo?.token ?? ''),
    scopes: (authInfo?.scopes ?? []) as Scope[],
    newSalt,
  }))
}

const newSalt = () => newSecret().slice(0, 16)

/** The API of this process, called with the caller's own token: the tools can do no more than that token may. */
function portOf(app: Hono<Env>, request: Request | undefined, token: string): Port {
  const base = new URL('/api', request?.url ?? 'http://127.0.0.1')
  const ask = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const answer = await app.request(`${base}${path}`, {
      ...init,
      headers: { host: base.host, authorization: `Bearer ${token}` },
    })
    const said = (await answer.json()) as T & { message?: string; error?: string }
    if (!answer.ok) throw new Error(said.message ?? said.error ?? `the API answered ${answer.status}`)
    return said
  }
  return {
    get: (path, query = {}) => {
      const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
      return ask(`${path}?${new URLSearchParams(given)}`)
    },
    post: (path, body = {}) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  }
}
