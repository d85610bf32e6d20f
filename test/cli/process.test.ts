import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs src/cli.ts in a separate process. */
async function replyd(argv: readonly string[], ...flags: string[]) {
  const loader = ['--import', `${root}/scripts/typescript.mjs`]
  const child = spawn(process.execPath, [...loader, ...flags, `${root}/src/cli.ts`, ...argv], {
    cwd: '/',
    env: {},
  })
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ])
  return { status, out, err }
}

test('the exit status of the process is that of the command', async () => {
  expect(await replyd(['strat'])).toMatchObject({
    status: 2,
    out: '',
    err: expect.stringMatching(/unknown command 'strat'/),
  })
  expect(await replyd(['--version'])).toMatchObject({ status: 0, err: '' })
})

test('an error that nobody caught is one line, too', async () => {
  // Sends the signal as soon as there is a handler.
  const code = `process.on('newListener', (name) => {
    if (name === 'uncaughtException') setImmediate(() => { throw new TypeError('x is not a function') })
  })`
  const thrower = `data:text/javascript,${encodeURIComponent(code)}`
  const { status, err } = await replyd(['password'], '--import', thrower)
  expect({ status, err }).toEqual({ status: 1, err: 'replyd: x is not a function\n' })
})
