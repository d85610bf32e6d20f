/** The commands that decide about replies, through the running daemon. With --json each prints one object. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { unbroken } from '../base/columns.ts'
import { type ApiClient, openApi } from './api-client.ts'
import { asCalled } from './called.ts'
import { asRefusal, UsageError } from './failure.ts'
import { readFailure } from './mail-files.ts'
import { idBeginning, type Listed, print, type ReviewOptions } from './review.ts'
import { type ExitStatus, fittingLines, printable, type Terminal } from './terminal.ts'

/** One object with --json, otherwise a sentence. */
const told = (terminal: Terminal, { json }: ReviewOptions, answer: object, words: string) =>
  print(
    terminal,
    json ? JSON.stringify(answer) : fittingLines(asCalled(words, terminal.environment), terminal.stdout),
  )

/** Changes the resource with that id. @param path below /api, with `{id}` @param done message after it, with `{id}` */
export async function changeOne(
  path: string,
  id: string,
  body: Record<string, unknown>,
  done: string,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const whole = await idBeginning(api, id)
  const answer = await api.post<object>(path.replace('{id}', encodeURIComponent(whole)), body)
  return told(terminal, options, { id: whole, ...answer }, done.replace('{id}', id))
}

const categoryPath = ([account, category]: readonly [string, string]) =>
  `/autonomy/${encodeURIComponent(account)}/${encodeURIComponent(category)}`

/** Says what will happen, and asks: from then on nobody reads these replies first. */
export async function grantAutonomy(
  what: readonly [string, string],
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const [account, category] = what
  const { offered, consequences } = await api.get<{ offered: boolean; consequences: string[] }>(
    categoryPath(what),
  )
  // The daemon refuses what is not offered, and says why.
  const isOpen = offered && options.yes !== true
  if (isOpen && (options.json === true || !isPerson(terminal)))
    throw new UsageError('autonomy grant asks a person in a terminal; in a script give --yes')
  if (offered && options.json !== true)
    await print(terminal, fittingLines(consequences.join('\n- '), terminal.stdout))
  if (isOpen && !(await agreed('Let replyd send them?', terminal))) {
    await print(terminal, 'Nothing was changed.')
    return 1
  }
  const answer = await api.post<object>(`${categoryPath(what)}/grant`)
  const named = /^[\w-]+$/.test(category) ? category : `"${category}"`
  const words = `Granted.\nTo take it back: replyd autonomy revoke ${account} ${named}`
  return told(terminal, options, { account, category, ...answer }, words)
}

const isPerson = ({ stdin, stdout }: Terminal) => stdin.isTTY === true && stdout.isTTY === true

async function agreed(question: string, terminal: Terminal): Promise<boolean> {
  const { Asker } = await import('./init/asker.ts')
  using asker = new Asker(terminal, false)
  return await asker.confirm(question, false)
}

/** Takes back what a category may send automatically. */
export async function revokeAutonomy(
  what: readonly [string, string],
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const answer = await openApi(options.config, terminal).post<object>(`${categoryPath(what)}/revoke`)
  const [account, category] = what
  const words = `Replies of ${account} in the category "${category}" wait for you again.`
  return told(terminal, options, { account, category, ...answer }, words)
}

/** Approves exactly the text just read: if it changed in the meantime, the daemon refuses. */
export async function approve(id: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const whole = await idBeginning(api, id)
  const path = `/replies/${encodeURIComponent(whole)}`
  const { reply, subject } = await api.get<Listed>(path)
  if (!reply?.version) throw asRefusal(new Error('There is no reply yet.'), { error: 'nothing-written' })
  const answer = await api.post<{ sendsAt: string | null }>(`${path}/approve`, { seen: reply.version })
  // Shows the text while it can still be taken back, in case nobody has read it yet.
  if (!options.json) await print(terminal, approvedText(reply, subject))
  return told(terminal, options, { id: whole, ...answer }, approvedWords(answer.sendsAt, id))
}

function approvedText({ to = '', text = '' }: NonNullable<Listed['reply']>, subject: string | null): string {
  const lines = unbroken(text)
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
  return `To ${printable(to, true)}, about "${printable(subject ?? '', true)}":\n\n${lines.join('\n')}\n`
}

function approvedWords(sendsAt: string | null, id: string): string {
  const when =
    sendsAt === null
      ? 'when the account is resumed: replyd resume'
      : `at ${new Date(sendsAt).toTimeString().slice(0, 8)}.`
  return `Approved. It goes out ${when}\nTo cancel it before then: replyd replies cancel ${id}`
}

/** Saves the text that is given, or what a person makes of the present one in an editor. */
export async function edit(id: string, options: ReviewOptions, terminal: Terminal): Promise<ExitStatus> {
  const given = await givenText(options, terminal)
  const api = openApi(options.config, terminal)
  const whole = await idBeginning(api, id)
  const path = `/replies/${encodeURIComponent(whole)}`
  const { reply } = await api.get<Listed>(path)
  const before = reply?.text ?? ''
  const text = given ?? inEditor(before, terminal)
  const changed = text !== before
  const answer = changed
    ? await api.post<object>(`${path}/edit`, { text, seen: reply?.version })
    : { ok: true, version: reply?.version }
  const words = changed ? `Saved. To send it: replyd replies approve ${id}` : 'Nothing was changed.'
  return told(terminal, options, { id: whole, changed, ...answer }, words)
}

/** Null if an editor is wanted. @throws UsageError */
async function givenText(options: ReviewOptions, { stdin }: Terminal): Promise<string | null> {
  const { text, file } = options
  if (text !== undefined && file !== undefined) throw new UsageError('edit: give --text or --file, not both')
  if (text !== undefined) return text
  if (file === undefined) return null
  try {
    return (file === '-' ? await textOf(stdin) : readFileSync(file, 'utf8')).trimEnd()
  } catch (error) {
    throw new UsageError(`edit: ${file}: ${readFailure(error)}`, { cause: error })
  }
}

/** Without a setting, the choice is the same as git's; `editor` is the one chosen on Debian. */
const usualEditors = ['editor', 'nano', 'vi']

function editorOf({ environment, stdin }: Terminal): string {
  const chosen = environment.VISUAL || environment.EDITOR
  if (chosen) return chosen
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean)
  const found = usualEditors.find((name) => folders.some((folder) => existsSync(join(folder, name))))
  if (stdin.isTTY && found) return found
  throw new UsageError('edit: give the text with --text or --file, or set EDITOR')
}

function inEditor(text: string, terminal: Terminal): string {
  const editor = editorOf(terminal)
  const directory = mkdtempSync(join(tmpdir(), 'replyd-edit-'))
  const path = join(directory, 'reply.txt')
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600 })
    // $EDITOR may contain arguments, so run it through a shell, as git does.
    const { status } = spawnSync('sh', ['-c', `${editor} "$1"`, editor, path], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${editor} ended with status ${status}: nothing was changed`)
    return readFileSync(path, 'utf8').trimEnd()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Pauses or resumes one account, or all. */
export async function setPaused(
  action: 'pause' | 'resume',
  account: string | undefined,
  options: ReviewOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const api = openApi(options.config, terminal)
  const accounts = account ? [account] : await allAccounts(api)
  const paused = action === 'pause'
  for (const address of accounts) {
    await api.post(`/accounts/${encodeURIComponent(address)}/${action}`)
    const words = paused ? 'nothing is sent until `replyd resume`' : 'sending is on again'
    if (!options.json) await print(terminal, asCalled(`${address}: ${words}`, terminal.environment))
  }
  return options.json ? print(terminal, JSON.stringify({ accounts, paused })) : 0
}

const allAccounts = async (api: ApiClient) =>
  (await api.get<{ account: string }[]>('/accounts')).map(({ account }) => account)
