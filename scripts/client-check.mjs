// Generates a client from the description that a running daemon serves (openapi-typescript, openapi-fetch), and has it
// list, show, edit and approve a reply there. Exits 0 when the types fit and the reply is approved. The generator needs a
// separate compiler and is too large to be a dependency: it is installed into a temporary folder.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '../src/base/clock.ts'
import { startStandIn } from '../src/demo/stand-in.ts'
import { startDaemon } from '../test/flow/daemon.ts'
import { putWaiting } from '../test/flow/waiting.ts'

const packages = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3']
const account = 'client@shop.example'
const token = 'a-token-of-twenty-letters'

/** As a user of the generated client would write it. */
const program = `
import createClient from 'openapi-fetch'
import type { components, paths } from './replyd.js'

declare const process: { argv: string[] }
const [, , baseUrl = '', token = '', id = ''] = process.argv
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } })

const list = await client.GET('/api/replies', { params: { query: { limit: 5, q: 'Hours' } } })
const first: components['schemas']['ListedMail'] | undefined = list.data?.[0]
if (first?.id !== id) throw new Error('the list lacks the reply')
const path = { params: { path: { id } } }
const shown = await client.GET('/api/replies/{id}', path)
const seen = shown.data?.reply?.version
if (shown.data?.text !== 'When do you open?' || seen === undefined) throw new Error('the reply is not shown')
const edited = await client.POST('/api/replies/{id}/edit', { ...path, body: { text: 'At ten.', seen } })
if (edited.data === undefined) throw new Error(edited.error.message)
const late = await client.POST('/api/replies/{id}/approve', { ...path, body: { seen } })
if (late.error?.error !== 'text-changed') throw new Error('a text that was not seen was approved')
const wrong = await client.GET('/api/mails', { params: { query: { limit: 0 } } })
if (wrong.error?.fields?.[0] !== 'limit') throw new Error('the faulty parameter is not named')
const approved = await client.POST('/api/replies/{id}/approve', { ...path, body: { seen: edited.data.version } })
if (!approved.data?.sendsAt) throw new Error('it is not said when the reply goes out')
console.log(\`client: listed, shown, edited and approved; it goes out at \${approved.data.sendsAt}\`)
`

const folder = mkdtempSync(join(tmpdir(), 'replyd-client-'))
const run = (command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2] })
const tool = (name) => join(folder, 'node_modules/.bin', name)
const standIn = await startStandIn()
const running = await startDaemon({
  address: account,
  imap: { host: '127.0.0.1', port: 9, user: 'client', password: 'none' },
  smtp: { host: '127.0.0.1', port: 9 },
  standIn,
  roles: ['web'],
  document: { web: { port: 0, token } },
})
try {
  const { context, url } = running.daemon
  const at = new Date()
  const id = newId(at)
  const mail = { from: 'noor@buyers.example', subject: 'Hours', text: 'When do you open?', reply: 'At nine.' }
  await putWaiting(context.db, { id, account, uid: 1, ...mail }, at)
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages)
  const described = await fetch(`${url}/api/openapi.json`)
  writeFileSync(join(folder, 'openapi.json'), await described.text())
  run(tool('openapi-typescript'), 'openapi.json', '--output', 'replyd.d.ts')
  writeFileSync(join(folder, 'use.ts'), program)
  run(tool('tsc'), '--strict', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', 'use.ts')
  // Asynchronous, because the daemon that it asks runs in this process.
  const client = spawn(process.execPath, ['use.js', url, token, id], { cwd: folder, stdio: ['ignore', 2, 2] })
  const [code] = await once(client, 'exit')
  if (code !== 0) throw new Error(`the client exited with ${code}`)
} finally {
  await running.stop()
  await standIn.close()
  rmSync(folder, { recursive: true, force: true })
}
