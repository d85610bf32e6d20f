import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { loadConfig } from '../../src/config/config.ts'
import { parseDotEnv } from '../../src/config/interpolation.ts'
import { verifyPassword } from '../../src/config/password.ts'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))

const foldersOf = (name: string) =>
  readdirSync(join(fixtures, name)).map((folder) => join(fixtures, name, folder))

const absent = () => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
}

const fileOf = (content: string) => (name: string) => (name.endsWith('.env') ? absent() : content)

function faultsOf(sources: Parameters<typeof loadConfig>[0]): ConfigError['faults'] {
  try {
    loadConfig(sources)
    return []
  } catch (error) {
    return (error as ConfigError).faults
  }
}

/** Loads a fixture as if its folder were the working directory; its file `dotenv` is used as `.env`. */
function load(folder: string, environment?: Record<string, string>) {
  const path = existsSync(join(folder, 'replyd.yaml')) ? 'replyd.yaml' : null
  const contentOf = (name: string) => {
    const file = join(folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : absent()
  }
  const variables = environment ?? { TZ: 'UTC', ...parseDotEnv(contentOf('environment')) }
  const readFile = (name: string) => contentOf(name.endsWith('.env') ? 'dotenv' : name)
  return loadConfig({ path, environment: variables, readFile })
}

describe('a bad configuration', () => {
  test.each(foldersOf('config').map((folder) => [folder.slice(fixtures.length), folder]))(
    '%s is refused with every fault named',
    (_, folder) => {
      const expected = readFileSync(join(folder, 'expected.txt'), 'utf8').trimEnd()
      const attempt = () => load(folder)
      expect(attempt).toThrow(ConfigError)
      expect(attempt).toThrow(new ConfigError(expected))
    },
  )

  test('each fault is there for programs, too', () => {
    const text = 'accounts:\n  - address: a@b.example\n    imap: { host: "${HOST_NAME}" }\nreplise: {}\n'
    const inFile = faultsOf({ path: 'replyd.yaml', environment: {}, readFile: fileOf(text) })
    expect(inFile).toContainEqual({
      ...{ file: 'replyd.yaml', line: 4, key: 'replise' },
      message: 'unknown key (did you mean "replies"?)',
    })
    const environment = { REPLYD_ADDRESS: 'a@b.example', IMAP_URL: 'imaps://b.example:x' }
    expect(faultsOf({ path: null, environment, readFile: absent })).toContainEqual(
      expect.objectContaining({ file: null, line: null, key: 'IMAP_URL' }),
    )
  })

  test('there are folders for it', () => {
    expect(foldersOf('config').length).toBeGreaterThan(30)
  })

  test('that is not there is named', () => {
    const attempt = () => loadConfig({ path: '/etc/none.yaml', environment: {}, readFile: absent })
    expect(attempt).toThrow(/^\/etc\/none\.yaml: there is no such file$/)
  })

  test('that may not be read is named once, in words', () => {
    const forbidden = () => {
      throw Object.assign(new Error("EACCES: permission denied, open 'x.yaml'"), {
        ...{ code: 'EACCES', path: 'x.yaml' },
      })
    }
    const attempt = () => loadConfig({ path: 'x.yaml', environment: {}, readFile: forbidden })
    expect(attempt).toThrow(/^\S*\.env: this user may not open it\. Run the command as its owner[^']*$/)
  })

  test('in another folder is named as it was asked for', () => {
    const attempt = () =>
      loadConfig({ path: 'conf/replyd.yaml', environment: {}, readFile: () => 'accounts: 1' })
    expect(attempt).toThrow(/^conf\/replyd\.yaml:1: accounts: must be a list$/m)
  })
})

describe('a good configuration', () => {
  test.each(foldersOf('config-good').map((folder) => [folder.slice(fixtures.length), folder]))(
    '%s',
    (_, folder) => {
      const expected = readFileSync(join(folder, 'expected.json'), 'utf8').replaceAll(
        'DIRECTORY',
        process.cwd(),
      )
      expect(load(folder)).toMatchObject(JSON.parse(expected))
    },
  )

  test('relative paths start from the folder of the file', () => {
    const text = readFileSync(join(fixtures, 'config-good/per-account/replyd.yaml'), 'utf8')
    const readFile = (name: string) => (name === '/etc/replyd/replyd.yaml' ? text : absent())
    const config = loadConfig({ path: '/etc/replyd/replyd.yaml', environment: {}, readFile })
    expect(config.state.directory).toBe('/etc/replyd/data')
    expect(config.accounts[0]?.knowledge).toBe('/etc/replyd/knowledge')
  })

  test("the prompts are the package's own unless named", () => {
    const config = load(join(fixtures, 'config-good/issue-example'))
    expect(config.accounts[0]?.prompts).toBe(join(dirname(dirname(fixtures)), 'prompts'))
  })

  test('the web password is kept as a hash only', async () => {
    const { web } = load(join(fixtures, 'config-good/environment'))
    expect(await verifyPassword('long enough', web.passwordHash ?? '')).toBe(true)
    expect(await verifyPassword('long enougH', web.passwordHash ?? '')).toBe(false)
    expect(JSON.stringify(web)).not.toContain('long enough')
  })
})

test('the environment outranks .env', () => {
  const folder = join(fixtures, 'config-good/dotenv')
  expect(load(folder, {}).accounts[0]?.imap.port).toBe(1)
  expect(load(folder, { IMAP_PORT: '2' }).accounts[0]?.imap.port).toBe(2)
})
