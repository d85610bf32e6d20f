/** init offers a model that answers on this machine, and asks for no key then. */
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Asker } from '../../../src/cli/init/asker.ts'
import { type OwnModel, ownModels } from '../../../src/cli/init/own-models.ts'
import { secretsFor } from '../../../src/cli/init/secrets.ts'
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
async function written(typed: string, environment: Record<string, string> = {}, yes = false) {
  const stdout = new PassThrough()
  const shown = text(stdout)
  const terminal = { environment, stdin: Readable.from([typed]), stdout, stderr: stdout }
  using asker = new Asker(terminal, yes)
  const say = async (line: string) => void stdout.write(`${line}\n`)
  let looked = 0
  const look = async () => {
    looked += 1
    return some
  }
  const env = parseDotEnv(await secretsFor('', '', asker, say, environment, look))
  stdout.end()
  return { env, shown: await shown, looked }
}

test('the one that is chosen stands in .env, and no key is asked for', async () => {
  const { env, shown } = await written('y\nllama3\n\n')
  expect(env).toMatchObject({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', REPLYD_MODEL: 'llama3' })
  expect(env).not.toHaveProperty('OPENAI_API_KEY')
  expect(shown).not.toContain('key for the model')
  expect(shown).toContain('docs/local-models.md')
})

test('a name that the server does not list is asked for again; with one there is no question', async () => {
  expect((await written('y\ngpt\nqwen3:8b\n\n')).env.REPLYD_MODEL).toBe('qwen3:8b')
  expect((await written('n\ny\n\n')).env).toMatchObject({
    OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1',
    REPLYD_MODEL: 'phi',
  })
})

test('an empty line stays with OpenAI', async () => {
  const { env } = await written('\n\nsk-1\n\n')
  expect(env).toMatchObject({ OPENAI_API_KEY: 'sk-1' })
  expect(env).not.toHaveProperty('OPENAI_BASE_URL')
})

test.each<[string, Record<string, string>, boolean]>([
  ['a key', { OPENAI_API_KEY: 'k' }, false],
  ['an endpoint', { OPENAI_BASE_URL: 'http://10.0.0.1/v1' }, false],
  ['--yes', {}, true],
])('with %s nobody looks', async (_name, environment, yes) => {
  expect((await written('\n\n', environment, yes)).looked).toBe(0)
})
