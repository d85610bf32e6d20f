/** One story on one pair of servers: what a user relies on, checked from outside the daemon. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { type StandIn, standInModel } from '../../src/demo/stand-in.ts'
import type { Audit } from '../../src/observe/audit.ts'
import { freePort } from '../../test/live/servers/index.ts'
import type { ScriptedServer } from '../../test/smtp/scripted-server.ts'
import { DaemonChild, programPath } from '../chaos/child.ts'
import { addressed, authservId, type Delivered, type Kind, makeMail } from '../chaos/mails.ts'
import { writeKnowledge } from '../chaos/model.ts'
import { type Lying, OwnersClient } from './mailbox.ts'
import type { ImapPeer, SmtpPeer } from './peers.ts'

export const chapters = [
  'doctor',
  '50 drafts',
  'send',
  'Junk and back',
  'flag',
  'edit',
  'kill -9',
  'while down',
  'restart',
] as const
export type Chapter = (typeof chapters)[number]

/** The finding; '' if everything was fine, `outOfTime` if the run ended before it was known. */
export type Cells = Record<Chapter, string>

export interface Stage {
  imap: ImapPeer
  smtp: SmtpPeer
  sink: ScriptedServer
  standIn: StandIn
  /** 50, or fewer if time is short. */
  drafts: number
  /** Aborted when the time of the whole run is up. */
  timeUp: AbortSignal
  say: (text: string) => void
}

// Only a hang takes this long; a busy machine needs a while for fifty mails.
const patienceMs = 600_000
export const outOfTime = 'not run: no time left'

export class Story implements AsyncDisposable {
  readonly #stage: Stage
  readonly #client: OwnersClient
  readonly #directory = mkdtempSync(join(tmpdir(), 'replyd-servers-'))
  readonly #configPath = join(this.#directory, 'replyd.yaml')
  readonly #delivered: Delivered[] = []
  readonly #token: string
  #daemon: DaemonChild
  #count = 0

  private constructor(stage: Stage, webPort: number) {
    this.#stage = stage
    this.#client = new OwnersClient(stage.imap)
    this.#token = `token-${webPort}-0123456789`
    const { configPath, token } = { configPath: this.#configPath, token: this.#token }
    writeKnowledge(this.#directory)
    writeFileSync(configPath, stringify(documentOf(stage, webPort, token)))
    this.#daemon = new DaemonChild({ directory: this.#directory, configPath, webPort, token })
  }

  static async begin(stage: Stage): Promise<Story> {
    return new Story(stage, await freePort())
  }

  /**
   * Continues after a failed chapter: the next one may still be informative.
   * @param onChapter called after each chapter with all cells, so that an interrupted run still has results
   */
  async tell(onChapter: (cells: Cells) => void): Promise<Cells> {
    const cells = Object.fromEntries(chapters.map((chapter) => [chapter, outOfTime])) as Cells
    await this.#client.prepare()
    const acts: Record<Chapter, () => Promise<string>> = {
      doctor: () => this.#doctor(),
      '50 drafts': () => this.#drafts(),
      send: () => this.#send(),
      'Junk and back': () => this.#junk(),
      flag: () => this.#flag(),
      edit: () => this.#edit(),
      'kill -9': () => this.#kill(),
      'while down': () => this.#down(),
      restart: () => this.#restart(),
    }
    for (const chapter of chapters) {
      const startedAt = performance.now()
      const found = await acts[chapter]().catch((error: unknown) => `failed: ${String(error).slice(0, 200)}`)
      // When the time is up, a missing mail may only be late; a duplicate is a fault in any case.
      if (this.#stage.timeUp.aborted && found !== '' && !/doubled|twice/.test(found)) break
      cells[chapter] = found
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      onChapter(cells)
      this.#stage.say(`  ${this.#stage.imap.name}: ${chapter} ${cells[chapter] || 'ok'} (${seconds} s)`)
    }
    return cells
  }

  async #doctor(): Promise<string> {
    const args = [programPath, 'doctor', '--json', '--config', this.#configPath]
    const run = promisify(execFile)(process.execPath, args, {
      cwd: this.#directory,
      signal: this.#stage.timeUp,
    })
    const { stdout } = await run.catch((error: { stdout: string }) => error)
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] }
    return checks
      .filter(({ status }) => status === 'failed')
      .map(({ name, detail }) => `${name}: ${detail}`)
      .join('; ')
  }

  async #deliver(kinds: readonly Kind[]): Promise<Delivered[]> {
    const mails = kinds.map((kind) => makeMail(kind, `${this.#stage.imap.port}n${++this.#count}`))
    await this.#client.deliver(mails.map((mail) => addressed(mail, this.#stage.imap.address)))
    this.#delivered.push(...mails)
    return mails
  }

  /** Waits for the daemon's own report: every mail read and settled. */
  async #settled(): Promise<boolean> {
    return this.#until(async () => {
      const report = await this.#daemon.get<Audit>('/api/audit', 'POST')
      const sum = (field: 'arrived' | 'pending') =>
        report?.mailboxes.reduce((total, each) => total + each[field], 0) ?? 0
      return report?.ok === true && sum('pending') === 0 && sum('arrived') >= this.#inInbox()
    })
  }

  /** Fewer mails may be in INBOX than were delivered: moved ones are not counted there. */
  #inInbox(): number {
    return this.#delivered.filter(({ kind }) => kind !== 'spam').length
  }

  async #drafts(): Promise<string> {
    this.#daemon.start()
    const mails = await this.#deliver(Array.from({ length: this.#stage.drafts }, () => 'draft' as const))
    if (!(await this.#settled())) return `not all were handled in ${patienceMs / 1000} s`
    return this.#drafted(mails)
  }

  /** The last of them may be settled a moment after the ledger was read. */
  async #drafted(mails: readonly Delivered[]): Promise<string> {
    let found = ''
    await this.#until(async () => {
      found = this.#answers(mails, await this.#client.read('drafts'), 1)
      return found === ''
    }, 60_000)
    return found
  }

  #answers(mails: readonly Delivered[], lying: readonly Lying[], wanted: number): string {
    const counts = mails.map(
      ({ messageId }) => lying.filter(({ inReplyTo }) => inReplyTo === messageId).length,
    )
    const lost = counts.filter((count) => count < wanted).length
    const doubled = counts.filter((count) => count > wanted).length
    return [lost && `${lost} lost`, doubled && `${doubled} doubled`].filter(Boolean).join(', ')
  }

  #received(mail: Delivered): Buffer[] {
    return this.#stage.sink.mails.filter((octets) => octets.includes(`In-Reply-To: ${mail.messageId}`))
  }

  async #send(): Promise<string> {
    const mails = await this.#deliver(['send', 'send', 'send'])
    const out = await this.#until(() => mails.every((mail) => this.#received(mail).length > 0))
    if (!out) return 'not sent'
    const complete = await this.#until(async () => {
      const [sent, inbox] = [await this.#client.read('sent'), await this.#client.read('inbox')]
      const marked = inbox.filter(({ flags }) => flags.has('\\Answered')).map(({ messageId }) => messageId)
      return (
        this.#answers(mails, sent, 1) === '' &&
        mails.every(({ messageId }) => marked.includes(messageId ?? ''))
      )
    })
    const doubled = mails.filter((mail) => this.#received(mail).length > 1).length
    if (doubled > 0) return `${doubled} sent twice`
    return complete ? '' : 'sent; no copy in Sent, or no \\Answered'
  }

  async #junk(): Promise<string> {
    const [spam] = await this.#deliver(['spam'])
    const filed = (lying: Lying[]) => lying.find(({ messageId }) => messageId === spam?.messageId)
    let mail: Lying | undefined
    const moved = await this.#until(async () => {
      mail = filed(await this.#client.read('junk'))
      return mail !== undefined
    }, 60_000)
    if (!moved || !mail) {
      const stays = filed(await this.#client.read('inbox'))
      return stays?.flags.has('$Junk') ? 'marked only: no MOVE, no UIDPLUS' : 'not filed'
    }
    const { uid } = mail
    await this.#client.inside('junk', (client) => client.messageMove(String(uid), 'INBOX', { uid: true }))
    const restored = await this.#until(async () => {
      const back = filed(await this.#client.read('inbox'))
      return back !== undefined && !back.flags.has('$Junk') && (await this.#isRestored(spam))
    })
    return restored ? '' : 'not restored, or $Junk stays'
  }

  /** Whether one of its rows says so: the copy that is back in INBOX has another row, as a duplicate. */
  async #isRestored(mail: Delivered | undefined): Promise<boolean> {
    const found = await this.#daemon.get<unknown>(`/api/mails?q=${mail?.token}`)
    return JSON.stringify(found).includes('"disposition":"restored"')
  }

  /** An untouched draft, and the mail it answers. */
  async #draft(): Promise<{ draft: Lying; mail: Delivered }> {
    const lying = await this.#client.read('drafts')
    for (const mail of this.#delivered.filter(({ kind }) => kind === 'draft')) {
      const draft = lying.find(
        ({ inReplyTo, flags }) => inReplyTo === mail.messageId && !flags.has('\\Flagged'),
      )
      if (draft && this.#received(mail).length === 0) return { draft, mail }
    }
    throw new Error('there is no draft')
  }

  async #flag(): Promise<string> {
    const { draft, mail } = await this.#draft()
    await this.#client.inside('drafts', (client) =>
      client.messageFlagsAdd(String(draft.uid), ['\\Flagged'], { uid: true }),
    )
    if (!(await this.#until(() => this.#received(mail).length > 0))) return 'not sent'
    return this.#received(mail).length === 1 ? '' : 'sent twice'
  }

  async #edit(): Promise<string> {
    const { draft, mail } = await this.#draft()
    const words = 'A line that the owner wrote on the phone.'
    const text = draft.octets.toString('latin1').replace(/\r\n\r\n/, `\r\n\r\n${words}\r\n`)
    await this.#client.inside('drafts', async (client, path) => {
      await client.append(path, Buffer.from(text, 'latin1'), ['\\Draft', '\\Seen', '\\Flagged'])
      await client.messageDelete(String(draft.uid), { uid: true })
    })
    if (!(await this.#until(() => this.#received(mail).length > 0))) return 'not sent'
    const got = this.#received(mail)
    if (got.length > 1) return 'sent twice'
    return got[0]?.includes(words) ? '' : 'sent without the edit'
  }

  async #kill(): Promise<string> {
    const mails = await this.#deliver(['draft', 'send', 'draft', 'send', 'draft'])
    await pause(300 + Math.random() * 1000)
    this.#daemon.kill()
    return this.#allAnswered(mails)
  }

  async #down(): Promise<string> {
    await this.#daemon.stop()
    const mails = await this.#deliver(['draft', 'send', 'draft'])
    this.#daemon.start()
    return this.#allAnswered(mails)
  }

  async #allAnswered(mails: readonly Delivered[]): Promise<string> {
    if (!(await this.#settled())) return 'not all were handled'
    const sent = mails.filter(({ kind }) => kind === 'send')
    await this.#until(() => sent.every((mail) => this.#received(mail).length > 0))
    const numbers = sent.map((mail) => this.#received(mail).length)
    const drafts = mails.filter(({ kind }) => kind === 'draft')
    return [
      await this.#drafted(drafts),
      numbers.some((number) => number === 0) && 'one not sent',
      numbers.some((number) => number > 1) && 'one sent twice',
    ]
      .filter(Boolean)
      .join(', ')
  }

  async #restart(): Promise<string> {
    const count = async () => [
      (await this.#client.read('drafts')).length,
      (await this.#client.read('sent')).length,
      this.#stage.sink.mails.length,
    ]
    const before = await count()
    await this.#daemon.stop()
    this.#daemon.start()
    if (!(await this.#settled())) return 'does not come to rest'
    const after = await count()
    return before.join() === after.join()
      ? ''
      : `drafts, sent, out: ${before.join()} before, ${after.join()} after`
  }

  async #until(holds: () => boolean | Promise<boolean>, limitMs = patienceMs): Promise<boolean> {
    const deadline = performance.now() + limitMs
    for (;;) {
      if (await holds()) return true
      if (this.#stage.timeUp.aborted || performance.now() > deadline) return false
      await pause(500)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop()
    if (!process.env.REPLYD_SERVERS_KEEP) rmSync(this.#directory, { recursive: true, force: true })
    else this.#stage.say(`  kept: ${this.#directory}`)
  }
}

function documentOf({ imap, smtp, standIn }: Stage, webPort: number, token: string) {
  const host = '127.0.0.1'
  return {
    accounts: [
      {
        address: imap.address,
        authservIds: [authservId],
        imap: { host, port: imap.port, secure: false, user: imap.user, password: imap.password, poll: '5s' },
        smtp: { host, port: smtp.port, secure: false, ...(smtp.login ?? {}) },
        since: 'all',
      },
    ],
    model: { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', price: { input: 0, output: 0 } },
    replies: { mode: 'send', undo: '0s', html: false, approve: 'flag' },
    knowledge: './knowledge',
    budget: { perDay: 1000 },
    state: { directory: './data' },
    web: { port: webPort, token },
  }
}
