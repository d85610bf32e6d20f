// Tries the completion in real zsh and fish, and lets man and groff read the man page. Missing programs are installed
// if that is allowed; a program that can't be installed is listed and skipped. test/cli/shell.test.ts tries bash.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './install.mjs'
import { installPackages } from './servers.mjs'
import { root } from './sources.mjs'

/** Debian packages, each with the program that it contains. */
const PROGRAMS = { zsh: 'zsh', fish: 'fish', 'man-db': 'man', groff: 'groff' }
/** The typed text, and the completions that have to be offered. */
const CASES = [
  ['replyd sta', ['start', 'status']],
  ['replyd replies ap', ['approve']],
  ['replyd start --o', ['--once']],
  ['replyd start --log ', ['json', 'plain']],
  ['replyd token create --scope d', ['decide']],
  ['replyd replies show --js', ['--json']],
  ['replyd learn ', ['accept', 'list', 'reject']],
]
const DEADLINE_MS = 60_000

const isThere = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const say = (text) => process.stderr.write(`shells: ${text}\n`)
let failed = 0
function check(what, found, wanted) {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return
  failed += 1
  say(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`)
}

await install()
const missing = Object.entries(PROGRAMS).flatMap(([name, program]) => (isThere(program) ? [] : [name]))
const problem = missing.length > 0 ? installPackages(missing) : undefined
if (problem) say(`not tried: ${missing.join(', ')} (${problem})`)

const directory = mkdtempSync(join(tmpdir(), 'replyd-shells-'))
const replyd = (...args) =>
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), ...args], { encoding: 'utf8' })
const saved = (name, text) => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const environment = { ...process.env, HOME: directory, TERM: 'dumb', MANWIDTH: '80' }
const run = (program, args) =>
  spawnSync(program, args, {
    encoding: 'utf8',
    env: environment,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })

/** Uses fish's command that completes a line. */
function offeredByFish(script, line) {
  const { stdout } = run('fish', ['--no-config', '-c', `source ${script}; complete -C '${line}'`])
  const words = stdout.split('\n').map((each) => each.split('\t')[0])
  return words.filter((word) => word !== '' && !word.endsWith('/')).sort()
}

/**
 * zsh completes only at a terminal. Every word that it offers goes through compadd, which is replaced to record it. A
 * busy terminal echoes what is typed early, so the words that are waited for are never typed in one piece.
 */
function offeredByZsh(script, line) {
  const driver = saved(
    'driver.zsh',
    `zmodload zsh/zpty
zpty z "PS1='type> ' zsh -f -i"
zpty -w z 'autoload -U compinit; compinit -u -D; source ${script}'
zpty -w z 'compadd() { local -a found; builtin compadd -O found "$@"; print -l -- $found >> ${directory}/offered; builtin compadd "$@" }'
zpty -w z 'complete-and-end() { zle complete-word; print -- DO""NE; BUFFER=; }; zle -N complete-and-end; bindkey "^I" complete-and-end'
zpty -w z 'print -- REA""DY'
zpty -r z answer '*READY*type> *'
zpty -n -w z "$1"$'\\t'
zpty -r z answer '*DONE*'
zpty -d z
cat ${directory}/offered
`,
  )
  rmSync(join(directory, 'offered'), { force: true })
  const { stdout } = run('zsh', ['-f', driver, line])
  const words = [
    ...new Set(
      stdout
        .split('\n')
        .map((word) => word.split(':')[0])
        .filter(Boolean),
    ),
  ].sort()
  // zsh offers options even before the first `-` is typed.
  return line.endsWith(' ') ? words.filter((word) => !word.startsWith('-')) : words
}

try {
  for (const [shell, offered] of [
    ['zsh', offeredByZsh],
    ['fish', offeredByFish],
  ]) {
    if (!isThere(shell)) continue
    const script = saved(`replyd.${shell}`, replyd('completion', shell))
    for (const [line, wanted] of CASES) check(`${shell}, ${line}`, offered(script, line), wanted)
    say(`${shell}: ${CASES.length} lines tried`)
  }
  const page = saved('replyd.1', replyd('man'))
  if (isThere('groff')) check('groff', run('groff', ['-man', '-Tutf8', '-ww', '-z', page]).stderr, '')
  if (isThere('man')) {
    const { stdout, stderr, status } = run('man', ['--warnings', '-l', page])
    check('man', { stderr, status }, { stderr: '', status: 0 })
    check('commands in the man page', /replyd replies approve/.test(stdout), true)
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
say(failed === 0 ? 'all is well' : `${failed} faults`)
process.exit(failed === 0 ? 0 : 1)
