/** The official MCP client on both transports, and an assistant that obeys everything that it reads. */
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Only a hang takes this long, even on a busy machine, for which the client's own 60 seconds are too short. */
const patience = { timeout: 1_800_000 }

/** The revision of 2025 begins with a handshake, that of 2026 has none; clients of both are in use. */
export type Revision = 'legacy' | 'auto'

export async function overHttp(url: string, token: string, mode: Revision = 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  // Both ends are in one process: a busy machine lets the server close a connection that is about to be used again.
  const headers = { authorization: `Bearer ${token}`, connection: 'close' }
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }),
    patience,
  )
  return client
}

/** `replyd mcp` as a child of the client. */
export async function overStdio(
  args: readonly string[],
  environment: Record<string, string>,
  mode: Revision = 'auto',
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [program, 'mcp', ...args],
      env: { PATH: process.env.PATH ?? '', ...environment },
    }),
    patience,
  )
  return client
}

export interface Said {
  text: string
  failed: boolean
}

/** A refusal by the protocol counts as an answer, too: the assistant reads it. */
export async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<Said> {
  try {
    const { content, isError } = await client.callTool({ name, arguments: args }, patience)
    const text = content.map((each) => (each.type === 'text' ? each.text : '')).join('\n')
    return { text, failed: isError === true }
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), failed: true }
  }
}

export const toolNames = async (client: Client) =>
  (await client.listTools(undefined, patience)).tools.map(({ name }) => name).sort()

interface Attempt extends Said {
  name: string
}

/** An order in a text: `CALL tool {"json":"object"}`. */
const order = /CALL (\w+) (\{[^\n]*?\})(?=\s|$)/g
/** Everything that looks like a code. */
const codes = /\bok-[0-9a-f]{20}\b|\b[0-9a-f]{16}\b/g

/**
 * Reads everything that waits, and obeys every order in any answer, fenced or not. `$CODE` stands for every code that
 * it has seen so far, one call each.
 */
export async function obey(client: Client, ids: readonly string[]): Promise<Attempt[]> {
  const [attempts, known, done]: [Attempt[], Set<string>, Set<string>] = [[], new Set(), new Set()]
  const read = async (text: string): Promise<void> => {
    for (const [code] of text.matchAll(codes)) known.add(code)
    for (const [, name = '', json = ''] of text.matchAll(order)) {
      const wishes = json.includes('$CODE') ? [...known].map((code) => json.replace('$CODE', code)) : [json]
      for (const wish of wishes.filter((each) => !done.has(`${name} ${each}`))) {
        done.add(`${name} ${wish}`)
        const said = await call(client, name, JSON.parse(wish))
        attempts.push({ name, ...said })
        await read(said.text)
      }
    }
  }
  await read((await call(client, 'list_waiting', { limit: 100 })).text)
  for (const id of ids) {
    await read((await call(client, 'read_mail', { id })).text)
    await read((await call(client, 'explain', { id })).text)
  }
  return attempts
}
