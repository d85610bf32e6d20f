/** `replyd mcp`: an assistant's way to replyd through standard input and output, and a person's confirmations. */
import { finished } from 'node:stream/promises'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { Hono } from 'hono'
import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { newSecret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { openAccountKnowledge } from '../knowledge/account-knowledge.ts'
import type { Port } from '../mcp/port.ts'
import { longestMessage, mcpServer } from '../mcp/server.ts'
import type { Database } from '../store/database.ts'
import { operations } from '../web/api.ts'
import { answerOf } from '../web/failures.tsx'
import { openApi } from './api-client.ts'
import { UsageError } from './failure.ts'
import { idBeginning } from './review.ts'
import { readConfig } from './settings.ts'
import { withStore } from './store-access.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface McpOptions {
  config?: string
  readOnly?: boolean
  json?: boolean
  /** A person confirms that the fact is about nobody. */
  confirm?: boolean
}

/** Runs until the assistant closes its end. */
export async function serve({ config, readOnly }: McpOptions, terminal: Terminal): Promise<ExitStatus> {
  const { stdin, stdout, stderr } = terminal
  const served = {
    port: portOf(config, terminal),
    scopes: readOnly ? (['read'] as const) : (['read', 'decide'] as const),
    newSalt: () => newSecret().slice(0, 16),
  }
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: longestMessage })
  const serving = serveStdio(() => mcpServer(served), {
    transport,
    onerror: ({ message }) => void stderr.write(`replyd: ${printable(message, true)}\n`),
  })
  await finished(stdin, { writable: false }).catch(() => undefined)
  await serving.close()
  return 0
}

/**
 * The daemon may start and stop meanwhile, so each call looks for it. Without one, the store is opened for the duration
 * of a question; a decision needs the daemon.
 */
function portOf(config: string | undefined, terminal: Terminal): Port {
  return {
    get: (path, query) =>
      withStore(config, terminal, {
        api: (api) => api.get(path, query),
        direct: (db) => readDirectly(db, readConfig(config, terminal), path, query),
      }),
    post: async (path, body) => openApi(config, terminal).post(path, body),
  }
}

async function readDirectly<T>(
  db: Database,
  config: Config,
  path: string,
  query: Record<string, string | undefined> = {},
): Promise<T> {
  const accounts = await accountsOf(config, path.startsWith('/knowledge'))
  try {
    // A user who can open the store may read it, so no token is needed.
    const reading = { context: { db, config, accounts, clock: systemClock, log: silentLog } }
    const app = new Hono().onError(answerOf(silentLog)).route('/api', operations.readings(reading))
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const answer = await app.request(`/api${path}?${new URLSearchParams(given)}`)
    const said = (await answer.json()) as T & { message?: string }
    if (!answer.ok) throw new Error(said.message ?? `status ${answer.status}`)
    return said
  } finally {
    for (const { knowledge } of accounts.values()) knowledge?.close()
  }
}

/** @param reads whether the knowledge is asked for: converting documents takes a while */
async function accountsOf({ accounts, state }: Config, reads: boolean) {
  const surroundings = { directory: state.directory, log: silentLog, clock: systemClock }
  const opened = accounts.map(async (account) => {
    const knowledge = reads ? openAccountKnowledge(account, surroundings) : null
    await knowledge?.settled()
    return [account.owner.address, { knowledge }] as const
  })
  return new Map(await Promise.all(opened))
}

/** An assistant that runs commands reads a pipe: it must not see what is meant for a person. */
function onlyForPerson({ stdout }: Terminal): void {
  if (stdout.isTTY !== true) throw new UsageError('this is for a person: run it in a terminal')
}

export async function showCode(id: string, options: McpOptions, terminal: Terminal): Promise<ExitStatus> {
  onlyForPerson(terminal)
  const api = openApi(options.config, terminal)
  const { to, subject, text, code } = await api.get<Record<'to' | 'subject' | 'text' | 'code', string>>(
    `/replies/${encodeURIComponent(await idBeginning(api, id))}/code`,
  )
  if (options.json) {
    await writeLine(terminal.stdout, JSON.stringify({ id, to, subject, text, code }))
    return 0
  }
  const shown = `To: ${to}\nSubject: ${subject}\n\n${text}\n\nTo have exactly this sent, give your assistant the code ${code}`
  await writeLine(terminal.stdout, printable(shown))
  return 0
}

interface Fact {
  id: string
  account: string
  topic: string
  fact: string
  by: string
  at: string
}

export async function listFacts({ config, json }: McpOptions, terminal: Terminal): Promise<ExitStatus> {
  const facts = await openApi(config, terminal).get<Fact[]>('/facts')
  const blocks = facts.map(
    ({ id, account, topic, fact, by, at }) =>
      `${id}\n${topic} (for ${account}, proposed by ${by} on ${at.slice(0, 10)})\n${fact}`,
  )
  const text = blocks.length === 0 ? 'No fact waits for you.' : blocks.join('\n\n')
  await writeLine(terminal.stdout, json ? JSON.stringify(facts) : printable(text))
  return 0
}

export async function decideFact(
  decision: 'accept' | 'discard',
  id: string,
  { config, confirm, json }: McpOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  onlyForPerson(terminal)
  const body = confirm ? { confirmed: true } : {}
  const answer = await openApi(config, terminal).post<object>(
    `/facts/${encodeURIComponent(id)}/${decision}`,
    body,
  )
  const done = decision === 'accept' ? 'It is in the taught folder of the knowledge.' : 'Forgotten.'
  await writeLine(terminal.stdout, json ? JSON.stringify({ id, ...answer }) : done)
  return 0
}
