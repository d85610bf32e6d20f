/** init offers a model that answers on this machine, and asks for no key then. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Asker } from '../../../src/cli/init/asker.ts'
import type { Network, OwnModel } from '../../../src/cli/init/discover.ts'
import { configText } from '../../../src/cli/init/files.ts'
import { Memory } from '../../../src/cli/init/memory.ts'
import { chosenModel, ownModels, withModel } from '../../../src/cli/init/models.ts'
import type { InitOptions } from '../../../src/cli/init/talk.ts'
import { parseDotEnv } from '../../../src/config/interpolation.ts'
import { json, type ModelServer, type Responder, startModelServer } from '../../model/model-server.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer()
})
afterEach(() => server.close())

const listing = (...ids: string[]) => json(200, { object: 'list', data: ids.map((id) => ({ id })) })

test.each<[string, Responder, string[] | null]>([
  ['models', listing('qwen3:8b', 'nomic-embed-text'), ['qwen3:8b']],
  ['models that answer nothing', listing('nomic-embed-text'), null],
  ['an empty list', listing(), null],
  ["another program's page", (response) => response.end('<html>'), null],
  ['a refusal', json(404, {}), null],
])('%s', async (_name, responder, names) => {
  server.respond(responder)
  const found = await ownModels([['Ollama', Number(new URL(server.baseUrl).port)]], 60_000)
  expect(found).toEqual(names === null ? [] : [{ program: 'Ollama', baseUrl: server.baseUrl, names }])
})

test('where nothing listens, nothing is found', async () => {
  const port = Number(new URL(server.baseUrl).port)
  await server.close()
  expect(await ownModels([['Ollama', port]], 60_000)).toEqual([])
  server = await startModelServer()
})

const some: OwnModel[] = [
  { program: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', names: ['qwen3:8b', 'llama3'] },
  { program: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', names: ['phi'] },
]

/** @returns the variables of .env, and what was shown */
async function written(
  typed: string,
  environment: Record<string, string> = {},
  yes = false,
  given: Pick<InitOptions, 'model' | 'baseUrl'> = {},
  memory: Memory | null = null,
) {
  const stdout = new PassThrough()
  const shown = text(stdout)
  const terminal = { environment, stdin: Readable.from([typed]), stdout, stderr: stdout }
  using asker = new Asker(terminal, yes, memory)
  const say = async (line: string) => void stdout.write(`${line}\n`)
  let looked = 0
  const look = async () => {
    looked += 1
    return some
  }
  const network = { ownModels: look } as unknown as Network
  const options = { folder: '.', check: true, ...given }
  const talk = { asker, say, terminal, network, options, folder: '.' }
  const secrets = await withModel(talk, { yaml: '', secrets: '' })
  const env = secrets === null ? null : parseDotEnv(secrets)
  stdout.end()
  return { env, shown: await shown, looked }
}

test('the chosen one is written to .env, and no key is asked for', async () => {
  const { env, shown } = await written('3\n')
  expect(env).toMatchObject({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', REPLYD_MODEL: 'llama3' })
  expect(env).not.toHaveProperty('OPENAI_API_KEY')
  expect(shown).toContain('  2  qwen3:8b on this machine (Ollama): mail does not leave it\n')
  expect(shown).not.toContain('key for the model')
  expect(shown).toContain('docs/local-models.md')
})

test('a number that is not in the list is asked for again', async () => {
  expect((await written('0\n7\nqwen\n4\n')).env).toEqual({
    OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1',
    REPLYD_MODEL: 'phi',
  })
})

test('an empty answer keeps OpenAI', async () => {
  const { env } = await written('\nsk-1\n')
  expect(env).toMatchObject({ OPENAI_API_KEY: 'sk-1' })
  expect(env).not.toHaveProperty('OPENAI_BASE_URL')
})

test('another server is asked for its models', async () => {
  server.respond(listing('own-model', 'other'))
  const { env, shown } = await written(`5\nftp://x\n${server.baseUrl}\nsecret\nother\n`)
  expect(env).toEqual({ OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'secret', REPLYD_MODEL: 'other' })
  expect(shown).toMatch(/✗ ftp:\/\/x is not an address such as http:/)
  expect(shown).toMatch(/It has: own-model, other\./)
  expect(shown).toMatch(/Name of the model \[own-model\]:/)
})

test('an address where nothing answers is reported at once, and asked for again, without a name', async () => {
  server.respond(listing('own-model'))
  const nowhere = 'http://127.0.0.1:1/v1'
  const { env, shown } = await written(`5\n${nowhere}\nsecret\n${server.baseUrl}\nsecret\n\n`)
  expect(shown).toContain(
    '✗ the connection to 127.0.0.1:1 failed (ECONNREFUSED).\nAddress of the model; empty',
  )
  expect(env).toEqual({
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: 'secret',
    REPLYD_MODEL: 'own-model',
  })
  expect(shown.match(/Name of the model/g)).toHaveLength(1)
})

describe('with the answers kept', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replyd-models-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const kept = (typed: string) => written(typed, {}, false, {}, new Memory(join(folder, 'answers'), true))

  test("the key of the owner's own server is not taken for OpenAI's", async () => {
    server.respond(json(404, {}))
    const { env, shown } = await kept(`5\n${server.baseUrl}\n\n\n1\nfor OpenAI\n`)
    expect(shown).toContain('OPENAI_API_KEY, the key for the model; empty: later')
    expect(env).toMatchObject({ OPENAI_API_KEY: 'for OpenAI' })
  })

  test('an interrupted init continues after the address, which was already chosen', async () => {
    server.respond(listing('own-model'))
    await expect(kept(`5\n${server.baseUrl}\n`)).rejects.toThrow(/no answer/)
    const { env, shown } = await written('\n\n', {}, false, {}, new Memory(join(folder, 'answers'), false))
    expect(shown).not.toMatch(/Which model|Address of the model/)
    expect(env).toMatchObject({ REPLYD_MODEL: 'own-model' })
  })

  test('a name is proposed at the right address, though none was typed at the wrong one', async () => {
    server.respond(json(404, {}), listing('own-model'))
    const { env, shown } = await kept(`5\n${server.baseUrl}/wrong\n\n\n5\n${server.baseUrl}\n\n\n`)
    expect(shown).toContain('Name of the model [own-model]: ')
    expect(env).toMatchObject({ REPLYD_MODEL: 'own-model' })
  })
})

test('a key that is refused is asked for again, and from each question there is a way back to the list', async () => {
  server.respond((response, received, request) =>
    (received.authorization === 'Bearer right' ? listing() : json(401, {}))(response, received, request),
  )
  const typed = `5\n${server.baseUrl}\nwrong\n\n${server.baseUrl}\nright\n\n5\n\n6\n`
  const { env, shown } = await written(typed)
  expect(env).toBeNull()
  expect(shown).toMatch(/✗ .*HTTP 401.*\nAsking|Key of the model; empty: another address/)
  expect(shown).toContain('It lists none.\nName of the model; empty: choose again: \nWhich model')
  expect(shown.match(/Which model reads/g)).toHaveLength(3)
})

test('no key is asked for at an address where nothing listens', async () => {
  const { shown } = await written('5\nhttp://127.0.0.1:9/v1\n\n6\n')
  expect(shown).toMatch(/✗ .*127\.0\.0\.1:9.*\nAddress of the model; empty: choose again/)
  expect(shown).not.toContain('Key of the model')
})

test('a server without a list is asked for a model by its name', async () => {
  server.respond(json(404, {}))
  const { env, shown } = await written(`5\n${server.baseUrl}\n\nown\n`)
  expect(shown).toContain('It does not say which models it has (HTTP 404). Most addresses end in /v1.')
  expect(env).toMatchObject({ REPLYD_MODEL: 'own' })
})

test('after a wrong choice the list is offered again', async () => {
  server.respond((response, received, request) =>
    (received.path === '/v1/models'
      ? listing('some-model')
      : json(401, { error: { message: 'no such key' } }))(response, received, request),
  )
  const stdout = new PassThrough()
  const shown = text(stdout)
  const typed = `2\n${server.baseUrl}\nwrong key\n\n\n3\n`
  const terminal = { environment: {}, stdin: Readable.from([typed]), stdout, stderr: stdout }
  using asker = new Asker(terminal, false)
  const say = async (line: string) => void stdout.write(`${line}\n`)
  const network = { ownModels: async () => [] } as unknown as Network
  const folder = '/nowhere'
  const options = { folder, check: true }
  const place = { host: '127.0.0.1', port: 1, secure: true }
  const found = { imap: place, smtp: place, source: 'x', hint: '', oauth2: null }
  const answers = {
    address: 'a@b.example',
    found,
    user: null,
    oauthClientId: null,
    password: 'MAIL_PASSWORD',
  }
  const texts = { yaml: configText(answers), secrets: 'MAIL_PASSWORD="x"\n' }
  const { state, texts: left } = await chosenModel({ asker, say, terminal, network, options, folder }, texts)
  stdout.end()
  expect((await shown).match(/Which model reads and writes for you\?/g)).toHaveLength(2)
  expect(await shown).toContain('OPENAI_API_KEY, the key for the model; empty: choose again (not shown): ')
  expect([state, parseDotEnv(left.secrets)]).toEqual(['no model', { MAIL_PASSWORD: 'x' }])
})

test('a key in the environment is offered, not asked for', async () => {
  const { env, shown } = await written('\n', { OPENAI_API_KEY: 'k' })
  expect(env).toEqual({ OPENAI_API_KEY: 'k' })
  expect(shown).toContain('  1  OpenAI: gpt-4o-mini, with the key in OPENAI_API_KEY\n')
})

test.each([
  ['the last choice', '6\n'],
  ['no key', '1\n\n'],
])('%s leaves the model for later', async (_, typed) => {
  const { env, shown } = await written(typed)
  expect(env).toBeNull()
  expect(shown).toContain('  6  later: everything else is set up now\n')
})

test('the default model says when OpenAI withdraws it, another one of that name does not', async () => {
  const withdrawn = /OpenAI (withdraws|has withdrawn) it/
  expect((await written('6\n')).shown).toMatch(withdrawn)
  expect((await written('6\n', { REPLYD_MODEL: 'gpt-6-luna' })).shown).not.toMatch(withdrawn)
})

test('if no key is set and nobody can be asked, the variable is named; an empty value means "later"', async () => {
  await expect(written('', {}, true)).rejects.toThrow(/with --yes, the variable OPENAI_API_KEY/)
  expect((await written('', { OPENAI_API_KEY: '' }, true)).env).toBeNull()
})

test('options name a model and where it is, and outrank variables', async () => {
  const options = { model: 'own', baseUrl: 'http://127.0.0.1:9/v1' }
  const { env } = await written(
    '',
    { OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: 'k' },
    true,
    options,
  )
  expect(env).toEqual({ OPENAI_BASE_URL: options.baseUrl, REPLYD_MODEL: 'own', OPENAI_API_KEY: 'k' })
  await expect(written('', {}, true, { baseUrl: 'here' })).rejects.toThrow(/here is not an address such as/)
})

test.each<[string, Record<string, string>, boolean]>([
  ['an endpoint', { OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: 'k' }, false],
  ['--yes', { OPENAI_API_KEY: 'k' }, true],
])('with %s nobody looks', async (_name, environment, yes) => {
  expect((await written('', environment, yes)).looked).toBe(0)
})
