/** The commands that replyd prints work in the folder where it was called. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { asCalled, calledAs } from '../../src/cli/called.ts'

const root = mkdtempSync(join(tmpdir(), 'replyd-called-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A file below the root; only its name matters. */
function put(path: string, text = ''): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

beforeAll(() => {
  put('usr/bin/replyd')
  put('mine/node_modules/.bin/replyd')
  put('mine/mail/replyd.yaml')
  put('checkout/package.json', '{\n  "name": "replyd",\n  "version": "1.0.0"\n}\n')
  put('checkout/docs/x.md')
  put('mine/other/package.json', '{ "name": "not-replyd" }')
  put('elsewhere/replyd.yaml')
})

const local = 'mine/node_modules/.bin'
test.each([
  ['installed for everybody', 'elsewhere', { PATH: 'usr/bin' }, 'replyd'],
  ["in the owner's own PATH", 'elsewhere', { PATH: local }, 'replyd'],
  ['called by npx', 'elsewhere', { PATH: local, npm_command: 'exec' }, 'npx replyd'],
  ['called by npm run', 'mine', { PATH: local, npm_command: 'run-script' }, 'npx replyd'],
  ['installed in this folder', 'mine', { PATH: 'bin' }, 'npx replyd'],
  ['installed in a folder above', 'mine/mail', { PATH: 'bin' }, 'npx replyd'],
  ['in a checkout', 'checkout/docs', { PATH: 'bin' }, 'npx replyd'],
  ['in a project of its own', 'mine/other', { PATH: 'bin' }, 'SCRIPT'],
  ['installed elsewhere', 'elsewhere', { PATH: 'bin' }, 'SCRIPT'],
  ['without a PATH', 'elsewhere', {}, 'replyd'],
])('%s', (_name, folder, { PATH, ...environment }: Record<string, string>, called) => {
  const script = join(root, local, 'replyd')
  const variables =
    PATH === undefined ? environment : { ...environment, PATH: `/nowhere:${join(root, PATH)}` }
  expect(calledAs(variables, { folder: join(root, folder), script })).toBe(called.replace('SCRIPT', script))
})

test.each([
  ['/opt/replyd/dist/cli.js', 'node /opt/replyd/dist/cli.js'],
  ["/home/ann/Ann's mail/replyd", "'/home/ann/Ann'\\''s mail/replyd'"],
])('the path of %s can be typed', (script, called) => {
  expect(calledAs({ PATH: '/nowhere' }, { folder: root, script })).toBe(called)
})

test.each([
  ['To send it: replyd replies approve 4f2', 'To send it: npx replyd replies approve 4f2'],
  [
    'no daemon runs here: `replyd start` starts one (see replyd --help)',
    'no daemon runs here: `npx replyd start` starts one (see npx replyd --help)',
  ],
  ['`npx replyd init` asks', '`npx replyd init` asks'],
  [
    'replyd answers, replyd is there, replyd starts, /opt/replyd start, my.replyd start',
    'replyd answers, replyd is there, replyd starts, /opt/replyd start, my.replyd start',
  ],
])('%s names commands as they are called', (words, called) => {
  expect(asCalled(words, { npm_command: 'exec' })).toBe(called)
  expect(asCalled(called, {})).toBe(words.replace('npx ', ''))
})
