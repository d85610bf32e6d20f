import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { Command } from 'commander'
import { widthOf } from '../../src/base/columns.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { exitStatusWords } from '../../src/cli/terminal.ts'
import { verifyPassword } from '../../src/config/password.ts'
import { run } from './run.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-cli-'))
afterAll(() => rmSync(directory, { recursive: true }))

function fileWith(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const good = fileWith(
  'good.yaml',
  `accounts:
  - address: support@example.com
    imap: { host: imap.example.com, password: "\${MAIL_PASSWORD}" }
    smtp: { host: smtp.example.com }
model: { apiKey: sk-secret }
`,
)
const bad = fileWith('bad.yaml', 'acounts: []\nmodel: { apiKey: sk-secret, timeout: soon }\n')
const environment = { MAIL_PASSWORD: 'p-secret' }

describe('wrong usage ends with status 2 and one line that says so', () => {
  test.each([
    [['strat'], /^replyd: unknown command 'strat'\n\(Did you mean start\?\)/],
    [['approve', '4f2'], /^replyd: unknown command 'approve'\n\(Did you mean replies approve\?\)\n\(see/],
    [['start', '--foo'], /^replyd: unknown option '--foo'/],
    [['start', '--roles', 'watch,wrok'], /^replyd: --roles: "wrok" is not one of watch, work, web/],
    [['start', '--roles', ''], /^replyd: --roles/],
    [['start', 'now'], /^replyd: too many arguments/],
    [['explain'], /^replyd: explain: name at least one file/],
    [['explain', '--alias', 'a@b.example', good], /^replyd: explain: --alias needs --address/],
    [['explain', '--address', 'Ann', good], /^replyd: explain: "Ann" is not a bare address/],
    [['explain', '--cases', join(directory, 'none')], /none: there is no such file/],
    [['explain', '--cases', bad], /^not a case file:\nline 1: /],
    [['config', '--config'], /^replyd: option .* argument missing/],
    [[], /^Usage: replyd/],
  ])('%p', async (argv, message) => {
    const { status, out, err } = await run(argv)
    expect(err).toMatch(message)
    expect(err).not.toMatch(/^\s+at /m)
    expect({ status, out }).toEqual({ status: 2, out: '' })
  })
})

describe('a wrong configuration ends with status 2 and every fault', () => {
  test.each([['start'], ['config']])('%s', async (command) => {
    const { status, out, err } = await run([command, '--config', bad])
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/bad\.yaml: accounts: is missing$/),
      expect.stringMatching(/bad\.yaml:1: acounts: unknown key \(did you mean "accounts"\?\)$/),
      expect.stringMatching(/bad\.yaml:2: model\.timeout: must be a duration/),
      '',
    ])
    expect({ status, out }).toEqual({ status: 2, out: '' })
  })

  test('doctor, which also says where to look', async () => {
    const { status, out, err } = await run(['doctor', '--config', bad])
    expect(out).toMatch(/✗ configuration .*accounts: is missing\n/)
    expect(out).toMatch(/→ Correct these/)
    expect({ status, err }).toEqual({ status: 2, err: '' })
  })

  test('doctor --json', async () => {
    const { status, out } = await run(['doctor', '--json', '--config', bad])
    const report = JSON.parse(out)
    expect(report).toMatchObject({ ok: false, checks: [{ name: 'configuration', status: 'failed' }] })
    expect(status).toBe(2)
  })

  test('a stack comes only when asked for', async () => {
    const { err } = await run(['config', '--config', bad], { environment: { REPLYD_DEBUG: '1' } })
    expect(err).toMatch(/^\s+at /m)
  })

  test('the file can be named by REPLYD_CONFIG', async () => {
    const { status, err } = await run(['config'], {
      environment: { REPLYD_CONFIG: join(directory, 'none.yaml') },
    })
    expect({ status, err }).toEqual({ status: 2, err: `${directory}/none.yaml: there is no such file\n` })
  })
})

describe('help and version', () => {
  test.each([['start'], ['doctor'], ['demo'], ['explain'], ['config'], ['password']])(
    '%s --help',
    async (command) => {
      const { status, out, err } = await run([command, '--help'])
      expect(out).toMatch(new RegExp(`^Usage: replyd ${command}`))
      expect({ status, err }).toEqual({ status: 0, err: '' })
    },
  )

  test('init --help names what answers its questions in a script', async () => {
    const { out } = await run(['init', '--help'])
    for (const word of ['MAIL_PASSWORD', 'OPENAI_API_KEY', 'REPLYD_TLS_CA', '--ca', '--model', '--base-url'])
      expect(out).toContain(word)
  })

  test('--help names commands as they are called', async () => {
    const { out } = await run(['--help'], { environment: { npm_command: 'exec' } })
    expect(out).toMatch(/^ {2}npx replyd replies show 4f2/m)
    expect(out).toMatch(/^npx replyd COMMAND --help explains a command, npx replyd man all of them\./m)
  })

  test('--help lists the commands', async () => {
    const { status, out } = await run(['--help'])
    expect(out).toMatch(/init.*demo.*doctor.*start.*explain/s)
    expect(status).toBe(0)
  })

  test('--version', async () => {
    expect(await run(['--version'])).toEqual({
      status: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
    })
  })
})

test('every command has --json, except those that talk to a person, a program or a shell', () => {
  const nowhere = new PassThrough()
  const terminal = { environment: {}, stdin: Readable.from([]), stdout: nowhere, stderr: nowhere }
  const leaves = (command: Command, path: string): [string, Command][] =>
    command.commands.length === 0
      ? [[path, command]]
      : command.commands.flatMap((each) => leaves(each, `${path} ${each.name()}`.trim()))
  const without = leaves(
    buildProgram(terminal, () => undefined),
    '',
  ).filter(([, command]) => !command.options.some(({ long }) => long === '--json'))
  expect(without.map(([path]) => path).sort()).toEqual(['auth', 'completion', 'init', 'man', 'start'])
})

describe('an error fits the terminal', () => {
  test.each([
    [['status']],
    [['start']],
    [['usage', '--by', 'x']],
    [['service', 'install']],
    [['replies', 'lst', 'one', 'two']],
  ])('%p', async (argv) => {
    for (const columns of [80, 120]) {
      const { err } = await run(argv, { columns, environment: { REPLYD_CONFIG: '', HOME: directory } })
      expect(err).not.toBe('')
      expect(Math.max(...err.split('\n').map(widthOf))).toBeLessThanOrEqual(columns)
    }
  })

  test('and stays one line if a program reads it', async () =>
    expect((await run(['status'])).err).toMatch(/^there is no replyd\.yaml here.{60,}\n$/))
})

test('doctor without a configuration says only what to do', async () => {
  const { status, out } = await run(['doctor'])
  expect(out).toMatch(/there is no replyd\.yaml here/)
  expect(out).not.toMatch(/Correct these/)
  expect(status).toBe(2)
})

test('a command that needs a daemon says how to start it', async () => {
  const { status, err } = await run(['open', '--config', good], { environment })
  expect(err).toMatch(/^replyd: no daemon runs here: `replyd start` starts one/)
  expect(status).toBe(1)
})

test('the status without a daemon names the mailbox, and what to do', async () => {
  const { status, out } = await run(['status', '--config', good], { environment })
  expect(out).toBe(`replyd is set up for support@example.com, but is not running here.
Start it:          replyd start
Check everything:  replyd doctor
All commands:      replyd --help
`)
  expect(status).toBe(1)
  const asJson = await run(['status', '--json', '--config', good], { environment })
  expect(JSON.parse(asJson.out)).toEqual({ running: false, ok: false, accounts: null })
})

test('help, the manual and the README say the same of the exit status', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme.replace(/[`\n]+/g, (found) => (found.includes('\n') ? ' ' : ''))).toContain(
    `Exit status: ${exitStatusWords}`,
  )
  const { out: help } = await run(['--help'])
  expect(help.replaceAll('\n', ' ')).toContain(`Exit status: ${exitStatusWords}`)
  expect(help.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect((await run(['man'])).out.replaceAll('\\', '')).toContain(exitStatusWords)
})

test('replyd help COMMAND is replyd COMMAND --help', async () => {
  const helped = await run(['help', 'token', 'create'])
  expect(helped).toEqual(await run(['token', 'create', '--help']))
  expect([helped.status, helped.out]).toEqual([0, expect.stringMatching(/^Usage: replyd token create/)])
  expect(await run(['help'])).toEqual(await run(['--help']))
})

test.each([
  ['completion tcsh', /argument value 'tcsh' is invalid for argument 'shell'.*\n/],
  ['token create', "replyd: missing required argument 'name'\n(see replyd token create --help)\n"],
  ['token create x', /--scope read, decide, metrics or admin \(see replyd token create --help\)\n$/],
  ['replies aprove x', /\(see replyd replies --help\)\n$/],
  ['start --onse', /\(see replyd start --help\)\n$/],
])('wrong usage names the help of that command: replyd %s', async (line, said) => {
  const { status, err } = await run(line.split(' '))
  expect(err).toEqual(typeof said === 'string' ? said : expect.stringMatching(said))
  expect(status).toBe(2)
})

describe('config', () => {
  test('prints a configuration that can be used again, without secrets', async () => {
    const { status, out } = await run(['config', '--config', good], { environment })
    expect(out).toMatch(/^ {6}port: 993$/m)
    expect(out).toMatch(/^ {6}password: \$\{\w+\}$/m)
    expect(out).not.toMatch(/secret/)
    expect(status).toBe(0)
  })

  test('--json', async () => {
    const { out } = await run(['config', '--json', '--config', good], { environment })
    expect(JSON.parse(out)).toMatchObject({
      model: { apiKey: expect.stringMatching(/^\$\{\w+\}$/), timeout: '30s' },
    })
  })
})

describe('password', () => {
  test('prints a hash of the first line', async () => {
    const { status, out } = await run(['password'], { input: 'correct horse\n' })
    expect(await verifyPassword('correct horse', out.trim())).toBe(true)
    expect(status).toBe(0)
  })

  test('refuses a short one', async () => {
    const { status, out } = await run(['password'], { input: 'short\n' })
    expect({ status, out }).toEqual({ status: 2, out: '' })
  })
})
