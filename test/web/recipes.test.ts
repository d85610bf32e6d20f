/** Runs the code of docs/recipes.md unchanged, with events signed as the daemon signs them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/config.ts'
import { postTo, signatureOf } from '../../src/web/webhooks.ts'
import { listening } from '../listening.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/recipes.md', import.meta.url)), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code)
const secret = 'a-secret-of-recipes'
const event = { type: 'account.stopped', text: 'shop@shop.example has stopped', at: '2026-11-28T10:00:00Z' }
const body = JSON.stringify(event)
const patient = new AbortController().signal

test.each([secret, `whsec_${Buffer.from('twenty-four octets long!').toString('base64')}`])(
  'the relay passes genuine events on, each once (%s)',
  async (secret) => {
    const directory = mkdtempSync(join(tmpdir(), 'replyd-recipe-'))
    const got: [string, unknown][] = []
    let answer = 500
    await using server = await listening(async (request, response) => {
      got.push([request.url ?? '', JSON.parse(await text(request))])
      response.writeHead(answer).end()
    })
    const path = join(directory, 'relay.mjs')
    writeFileSync(path, blocks('js')[0] ?? '')
    const targets = { SLACK_URL: `${server.url}/slack`, NTFY_URL: `${server.url}/ntfy`, NTFY_TOPIC: 'desk' }
    const child = spawn(process.execPath, [path], {
      env: { ...targets, HOOK_SECRET: secret, PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [line] = await once(child.stdout, 'data')
      const hook = { url: `http://127.0.0.1:${/\d+/.exec(String(line))?.[0]}/`, secret }
      const at = new Date()
      const tell = (message: { id: string; body: string; at: Date }, by = secret) =>
        postTo({ ...hook, secret: by }, message, patient)
      expect(await tell({ id: 'event-1', body, at }, 'another secret of ours')).toBe('HTTP 401')
      expect(await tell({ id: 'event-1', body, at: new Date(at.getTime() - 600_000) })).toBe('HTTP 401')
      expect(got).toEqual([])
      // The event was not passed on, so it is not confirmed.
      expect(await tell({ id: 'event-1', body, at })).toBe('HTTP 502')
      answer = 200
      got.length = 0
      expect(await tell({ id: 'event-1', body, at })).toBeNull()
      expect(await tell({ id: 'event-1', body, at })).toBeNull()
      const told = { topic: 'desk', title: 'replyd: account.stopped', message: event.text, priority: 5 }
      expect(got).toEqual([
        ['/slack', { text: event.text }],
        ['/ntfy', told],
      ])
    } finally {
      child.kill()
      rmSync(directory, { recursive: true })
    }
  },
)

interface Workflow {
  nodes: { name: string; parameters: { jsCode?: string } }[]
  connections: Record<string, { main: { node: string }[][] }>
}

test("the workflow's code takes genuine events and no others", async () => {
  const { nodes, connections } = JSON.parse(blocks('json')[0] ?? '') as Workflow
  const names = nodes.map(({ name }) => name)
  for (const [from, { main }] of Object.entries(connections))
    expect(names).toEqual(expect.arrayContaining([from, ...main.flat().map(({ node }) => node)]))
  const code = nodes.find(({ parameters }) => parameters.jsCode)?.parameters.jsCode ?? ''
  const compiled = new Function('require', '$input', '$env', `return (async () => {${code}}).call(this)`)
  const seconds = Math.floor(Date.now() / 1000)
  const run = (signed: string, at = seconds) => {
    const headers = {
      'webhook-id': 'event-1',
      'webhook-timestamp': String(at),
      'webhook-signature': signatureOf(secret, 'event-1', at, signed),
    }
    const helpers = { getBinaryDataBuffer: async () => Buffer.from(body) }
    const input = { first: () => ({ json: { headers } }) }
    return compiled.call({ helpers }, createRequire(import.meta.url), input, { HOOK_SECRET: secret })
  }
  expect(await run(body)).toEqual([{ json: { id: 'event-1', ...event } }])
  await expect(run(`${body} `)).rejects.toThrow('not from replyd')
  await expect(run(body, seconds - 600)).rejects.toThrow('not from replyd')
})

test('the configuration of the recipe is valid', () => {
  const account = {
    address: 'a@shop.example',
    imap: { host: 'mx.shop.example', password: 'x' },
    smtp: { host: 'mx.shop.example' },
  }
  const document = {
    accounts: [account],
    model: { name: 'm', apiKey: 'k' },
    ...parse(blocks('yaml')[0] ?? ''),
  }
  const config = loadConfig({
    path: 'replyd.yaml',
    environment: { HOOK_SECRET: secret },
    readFile: (file) => {
      if (file.endsWith('replyd.yaml')) return JSON.stringify(document)
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    },
  })
  expect(config.webhooks).toMatchObject([{ secret, events: ['reply.held', 'account.stopped'] }])
})
