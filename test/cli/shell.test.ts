/** Completion and man page match the commands; completion is tried in bash itself. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { groups } from '../../src/cli/help-groups.ts'
import { install, programFile, serviceFor, serviceStatus, uninstall } from '../../src/cli/service.ts'
import type { Ask } from '../../src/cli/systemd-launchd.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { run } from './run.ts'

const printed = async (...argv: string[]) => (await run(argv)).out

/** The completions that bash offers for that command line. */
async function offered(line: string[]): Promise<string[]> {
  const script = `${await printed('completion', 'bash')}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${line.length - 1}
_replyd
printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n')
}

describe('completion in bash', () => {
  test.each([
    [
      ['replyd', 'sta'],
      ['start', 'status'],
    ],
    [['replyd', 'replies', 'ap'], ['approve']],
    [['replyd', 'start', '--o'], ['--once']],
    [
      ['replyd', 'start', '--log', ''],
      ['plain', 'json'],
    ],
    [['replyd', 'token', 'create', '--scope', 'd'], ['decide']],
    [['replyd', 'replies', 'show', '--js'], ['--json']],
  ])('%j', async (line, words) => expect(await offered(line)).toEqual(words))

  test('knows every command', async () => {
    const [help = ''] = (await printed('--help')).split('Examples:')
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)
    expect(commands.length).toBeGreaterThan(25)
    expect(await offered(['replyd', ''])).toEqual(expect.arrayContaining(commands as string[]))
  })
})

test.each(['zsh', 'fish'])('completion for %s names commands, options and what they do', async (shell) => {
  const text = await printed('completion', shell)
  expect(text).toMatch(/approve/)
  expect(text).toMatch(shell === 'zsh' ? /'--once:handle the mail/ : /-l once -d 'handle the mail/)
})

test('for another shell the usual message', async () => {
  expect((await run(['completion', 'tcsh'])).err).toMatch(/Allowed choices are bash, zsh, fish/)
})

test('each command belongs to one group, and help and man page show the groups', async () => {
  const page = await printed('man')
  const [help = ''] = (await printed('--help')).split('Examples:')
  const named = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)
  expect(Object.values(groups).flatMap((commands) => Object.keys(commands))).toEqual(named)
  expect(help).not.toMatch(/^ {20}/m)
  for (const heading of Object.keys(groups)) {
    expect(help).toContain(`\n${heading}:\n`)
    expect(page).toContain(`\n.SH ${heading.toUpperCase()}\n`)
  }
})

test('the man page has every command that does something, and nothing that troff would interpret', async () => {
  const page = await printed('man')
  expect(page).toMatch(/^\.TH REPLYD 1 /)
  for (const command of ['start', 'replies approve', 'service install', 'completion', 'mcp code'])
    expect(page).toMatch(new RegExp(`^\\.SS replyd ${command}\\b`, 'm'))
  const macros = new Set([...page.matchAll(/^\.(\S+)/gm)].map(([, name]) => name))
  expect([...macros].sort()).toEqual(['B', 'I', 'PP', 'SH', 'SS', 'TH', 'TP'])
})

describe('a service', () => {
  test('starts the file behind the link of npx', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'replyd-npx-')))
    writeFileSync(join(folder, 'cli.js'), '')
    symlinkSync(join(folder, 'cli.js'), join(folder, 'replyd'))
    expect(programFile(join(folder, 'replyd'))).toBe(join(folder, 'cli.js'))
    expect(programFile('/nowhere/cli.js')).toBe('/nowhere/cli.js')
    rmSync(folder, { recursive: true })
  })

  const place = {
    program: ['/usr/bin/node', '/opt/my $x/cli.js'] as const,
    config: '/home/ann/50% "mail"/replyd.yaml',
    state: '/home/ann/data',
    environment: { HOME: '/home/ann' },
  }

  test('of systemd is the unit of a user, with odd paths quoted', () => {
    const { path, text } = serviceFor('linux', place)
    expect(path).toBe('/home/ann/.config/systemd/user/replyd.service')
    expect(text).toContain(
      'ExecStart="/usr/bin/node" "/opt/my $$x/cli.js" "start" "--log" "json" "--config" "/home/ann/50%% \\"mail\\"/replyd.yaml"',
    )
    expect(text).not.toMatch(/^(User|Group)=/m)
  })

  test('of launchd is an agent', () => {
    const { path, text } = serviceFor('darwin', { ...place, config: '/a & <b>/replyd.yaml' })
    expect(path).toBe('/home/ann/Library/LaunchAgents/replyd.plist')
    expect(text).toContain('<string>/a &amp; &lt;b&gt;/replyd.yaml</string>')
  })

  test('its state comes from the service manager, and it is stopped before it is removed', async () => {
    const home = mkdtempSync(join(tmpdir(), 'replyd-service-'))
    const path = join(home, '.config/systemd/user/replyd.service')
    const asked: string[] = []
    let said = { ok: true, said: 'active' }
    const ask: Ask = async (program, args) => {
      asked.push([program, ...args].join(' '))
      expect(existsSync(path)).toBe(true)
      return said
    }
    const told = async (act: typeof serviceStatus, json = false) => {
      const stdout = new PassThrough()
      const terminal = { environment: { HOME: home }, stdin: Readable.from([]), stdout, stderr: stdout }
      const status = await act({ json }, terminal, { ask, platform: 'linux' })
      stdout.end()
      return [status, await text(stdout)] as const
    }
    try {
      expect(await told(serviceStatus)).toEqual([1, 'There is no service yet: replyd service install\n'])
      await expect(told(uninstall)).rejects.toThrow('there is no service to remove')
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
      expect(await told(serviceStatus)).toEqual([0, expect.stringContaining('systemd says: active\n')])
      said = { ok: false, said: 'inactive' }
      const [status, json] = await told(serviceStatus, true)
      expect([status, JSON.parse(json)]).toEqual([
        1,
        { path, installed: true, running: false, said: 'inactive' },
      ])
      said = { ok: true, said: '' }
      expect(await told(uninstall)).toEqual([0, expect.stringMatching(/^Stopped, and removed: /)])
      expect(asked.at(-1)).toBe('systemctl --user disable --now replyd')
      expect(existsSync(path)).toBe(false)
    } finally {
      rmSync(home, { recursive: true })
    }
  })

  describe('without a service manager for this user', () => {
    const said = 'Failed to connect to bus: No medium found'
    const system = { platform: 'linux', ask: async () => ({ ok: false, said }) }
    const home = mkdtempSync(join(tmpdir(), 'replyd-service-'))
    const path = join(home, '.config/systemd/user/replyd.service')
    const config = join(home, 'replyd.yaml')
    beforeAll(() =>
      writeFileSync(
        config,
        'accounts: [{ address: a@b.example, imap: { host: h, password: x }, smtp: { host: h } }]\nmodel: { apiKey: x }\n',
      ),
    )
    afterAll(() => rmSync(home, { recursive: true }))

    const told = async (act: (terminal: Terminal) => Promise<number>) => {
      const stdout = new PassThrough()
      const terminal = { environment: { HOME: home }, stdin: Readable.from([]), stdout, stderr: stdout }
      const status = await act(terminal)
      stdout.end()
      return [status, await text(stdout)] as const
    }

    test('install writes nothing, and says what does instead', async () => {
      const [status, words] = await told((terminal) => install({ config }, terminal, system))
      expect(words).toMatch(/^systemd does not run services for this user here, so nothing was written\./)
      expect(words).toMatch(/packaging\/replyd\.service.*docker compose up -d.*replyd start --once/s)
      expect([status, existsSync(path)]).toEqual([1, false])
      const [printed] = await told((terminal) => install({ config, print: true }, terminal, system))
      expect(printed).toBe(0)
    })

    test('status and uninstall repeat no error of the bus, and there is nothing to stop', async () => {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
      const [running, words] = await told((terminal) => serviceStatus({}, terminal, system))
      expect(words).toContain('\nsystemd does not run services for this user here.\n')
      expect([running, words.includes('bus')]).toEqual([1, false])
      const [removed, done] = await told((terminal) => uninstall({}, terminal, system))
      expect([removed, done]).toEqual([0, expect.stringMatching(/^Removed: /)])
    })
  })

  test('elsewhere is refused', () => expect(() => serviceFor('win32', place)).toThrow(/replyd start/))
})
