import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

const script = (name: string): string => fileURLToPath(new URL(`../scripts/${name}`, import.meta.url))

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replyd-scripts-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a module's text with only Node on the PATH. @returns what it printed */
async function run(source: string, path = directory): Promise<string> {
  const args = ['--input-type=module', '--eval', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, PATH: path },
  })
  return stdout.trim()
}

describe('one installation at a time', () => {
  const holder = (work: string): ChildProcess => {
    const source = `
      import { exclusively } from ${JSON.stringify(script('lock.mjs'))}
      await exclusively(${JSON.stringify(directory)}, async () => { ${work} }, () => console.log('waits'))`
    return spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }
  const lines = (child: ChildProcess) => {
    const iterator = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    return async () => (await iterator.next()).value as string | undefined
  }
  const untilToldTo = `console.log('has it'); await new Promise((resolve) => process.stdin.once('data', resolve))`

  test.each(['lets go', 'fails', 'is killed'])('a second one waits until the first %s', async (how) => {
    const first = holder(
      `${untilToldTo}; process.stdin.destroy(); ${how === 'fails' ? 'throw new Error("as told")' : ''}`,
    )
    first.stderr!.resume()
    expect(await lines(first)()).toBe('has it')
    const second = holder(`console.log('has it too')`)
    const next = lines(second)
    expect(await next()).toBe('waits')
    const ends = [once(first, 'exit'), once(second, 'exit')]
    if (how === 'is killed') first.kill('SIGKILL')
    else first.stdin?.write('go\n')
    expect(await next()).toBe('has it too')
    await Promise.all(ends)
  })
})

test('`npm run test:unit -- PATH` runs that path alone', async () => {
  const result = join(directory, 'result.json')
  const args = [script('test.mjs'), '--unit', 'test/base/turns.test.ts', `--outputFile=${result}`]
  await promisify(execFile)(process.execPath, args)
  const { testResults } = JSON.parse(readFileSync(result, 'utf8')) as { testResults: { name: string }[] }
  expect(testResults.map(({ name }) => name)).toEqual([expect.stringMatching(/test\/base\/turns\.test\.ts$/)])
})

describe('without the servers', () => {
  test('names what is missing by its Debian package', async () => {
    const missing = await run(`
      import { missingPackages } from ${JSON.stringify(script('servers.mjs'))}
      console.log(missingPackages().join(' '))`)
    expect(missing.split(' ')).toEqual(expect.arrayContaining(['redis-server', 'chromium-headless-shell']))
  })

  test('neither apt-get nor Docker: says so for both', async () => {
    const reasons = await run(`
      import { dockerProblem } from ${JSON.stringify(script('container.mjs'))}
      import { installPackages } from ${JSON.stringify(script('servers.mjs'))}
      console.log(installPackages(['redis-server']) + '; ' + dockerProblem())`)
    expect(reasons).toBe('this is neither Debian nor Ubuntu; Docker is not installed')
  })

  test('Docker that answers gets the packages, the checkout read-only, and the place of the result', async () => {
    const bin = join(directory, 'bin')
    const log = join(directory, 'log')
    mkdirSync(bin)
    symlinkSync('/bin/cat', join(bin, 'cat'))
    writeFileSync(
      join(bin, 'docker'),
      `#!/bin/sh\necho "$@" >>${log}\nif [ "$1" = build ]; then cat >>${log}; fi\n`,
    )
    chmodSync(join(bin, 'docker'), 0o755)
    const status = await run(
      `import { dockerProblem, testInContainer } from ${JSON.stringify(script('container.mjs'))}
       const args = ['test/live', '--outputFile=${directory}/result.json']
       console.log(dockerProblem() ?? testInContainer(['postfix', 'chromium'], args))`,
      bin,
    )
    expect(status).toBe('0')
    const said = readFileSync(log, 'utf8')
    expect(said).toMatch(/^RUN apt-get update && .*install .* postfix chromium/m)
    expect(said).toMatch(/src=\S+,dst=\/checkout,readonly/)
    expect(said).toContain(`src=${directory},dst=/results`)
    expect(said).toContain('sh test/live --outputFile=/results/result.json')
  })
})
