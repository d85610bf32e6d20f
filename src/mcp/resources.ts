/** Knowledge and figures, to be read by an assistant. */
import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { Fence } from './fence.ts'
import type { Served } from './port.ts'

interface KnowledgeFile {
  account: string
  file: string
  passages: number
}

const uriOf = ({ account, file }: KnowledgeFile) =>
  `replyd://knowledge/${encodeURIComponent(account)}/${encodeURIComponent(file)}`

export function addResources(server: McpServer, { port, newSalt }: Served): void {
  const files = () => port.get<KnowledgeFile[]>('/knowledge')
  const list = async () => ({
    resources: (await files())
      .filter(({ passages }) => passages > 0)
      .map((each) => ({
        uri: uriOf(each),
        name: `${each.file} (${each.account})`,
        mimeType: 'text/plain',
      })),
  })
  server.registerResource(
    'knowledge',
    new ResourceTemplate('replyd://knowledge/{account}/{file}', { list }),
    {
      title: 'Knowledge',
      description: 'What replies may state: one file of the folder',
      mimeType: 'text/plain',
    },
    async ({ href }, { account, file }) => {
      const [owner, name] = [account, file].map((value) => encodeURIComponent(decoded(value)))
      const { text } = await port.get<{ text: string }>(`/knowledge/${owner}/${name}`)
      const fence = new Fence(newSalt())
      return { contents: [{ uri: href, mimeType: 'text/plain', text: fence.quote('KNOWLEDGE', text) }] }
    },
  )
  server.registerResource(
    'figures',
    'replyd://figures',
    {
      ...{ title: 'Figures', mimeType: 'application/json' },
      description: 'Mailboxes, earned autonomy, and what the model cost, by day and step',
    },
    async ({ href }) => {
      const [accounts, autonomy, days, steps] = await Promise.all([
        port.get<{ stopped: string | null }[]>('/accounts'),
        port.get('/autonomy'),
        port.get('/usage', { by: 'day' }),
        port.get('/usage', { by: 'step' }),
      ])
      // The reason why an account stopped may quote a server.
      const mailboxes = accounts.map((each) => ({ ...each, stopped: each.stopped !== null }))
      const figures = { mailboxes, autonomy, usage: { days, steps } }
      return {
        contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify(figures, null, 2) }],
      }
    },
  )
}

/** A variable of the template, which may come encoded. */
function decoded(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'string' ? value : (value?.[0] ?? '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
