/** After the files are written: one real mail with the draft it would have got, and the start. */
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { reasonOf } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import type { AccountSettings, Config } from '../../config/settings.ts'
import { letterLines } from '../../demo/screen.ts'
import { firstDraft } from '../../eval/first-draft.ts'
import { withOwnerMailbox } from '../../eval/owner-mailbox.ts'
import type { PastMail } from '../../eval/past-mail.ts'
import { defaultTiming, inMailbox, reading } from '../../imap/client.ts'
import { openKnowledge } from '../../knowledge/knowledge.ts'
import { parseOctets } from '../../mail/mime/octets.ts'
import { runOptions } from '../run-options.ts'
import { readConfig } from '../settings.ts'
import { columnsOf, type ExitStatus, hasColours, printable, waiting, writeLine } from '../terminal.ts'
import type { Talk } from './talk.ts'

const mostMails = 20
/** Octets that are read of a mail: its text is at the beginning. */
const longestMail = 65_536
const patienceMs = 20_000

/** @returns what the owner wants now; null: nothing */
export async function whatNext(talk: Talk): Promise<(() => Promise<ExitStatus>) | null> {
  const { asker, folder, terminal } = talk
  const path = join(folder, 'replyd.yaml')
  const question = '\nDraft an answer to one recent mail, as a trial? Nothing is stored'
  if (await asker.confirm(question, true)) await showDraft(talk, readConfig(path, terminal))
  if (await asker.confirm('Start now?', true))
    return async () =>
      (await import('../start.ts')).start({ config: path, roles: 'watch,work,web' }, terminal)
  if (await asker.confirm('Install it as a service of this user (no root needed)?', false))
    return async () => (await import('../service.ts')).install({ config: path }, terminal)
  return null
}

async function showDraft({ say, terminal }: Talk, config: Config): Promise<void> {
  const [account] = config.accounts
  if (account === undefined) return
  try {
    const mails = await waiting(recentMails(account, config), 'reading recent mail', terminal)
    if (mails === null) return await say(`${account.mailbox} is empty: there is no mail to try it on.`)
    if (mails.length === 0)
      return await say('The newest mails have already been answered: none is left to try it on.')
    const found = await waiting(draftFor(mails, account, config), 'asking the model', terminal)
    if (found === null) return await say('None of the newest mails needs an answer.')
    const style = { colour: hasColours(terminal), columns: columnsOf(terminal.stdout) }
    await say(`\n${printable(found.from, true)} wrote: ${printable(found.subject, true)}`)
    for (const line of letterLines(found.text, style)) await writeLine(terminal.stdout, line)
    await say('\nThis is what replyd would have answered:')
    for (const line of letterLines(found.draft, style)) await writeLine(terminal.stdout, line)
    await say('')
  } catch (error) {
    await say(`That did not work: ${reasonOf(error)}`)
  }
}

async function draftFor(mails: readonly PastMail[], account: AccountSettings, config: Config) {
  const { prompts, ...options } = await runOptions(config, account, {})
  const knowledge = account.knowledge === null ? null : openKnowledge(account.knowledge, silentLog)
  try {
    const now = systemClock.now()
    return await firstDraft(mails, { ...options, prompts: [prompts], knowledge, now })
  } finally {
    knowledge?.close()
  }
}

/** Newest first, without answered ones; null if there is no mail. EXAMINE and BODY.PEEK: nothing is marked as read. */
async function recentMails(account: AccountSettings, config: Config): Promise<PastMail[] | null> {
  const { mailbox } = account
  return withOwnerMailbox(account, config, { withinMs: patienceMs }, (client) =>
    inMailbox(client, reading(mailbox, null), defaultTiming.trustMs, async () => {
      const exists = client.mailbox ? client.mailbox.exists : 0
      if (exists === 0) return null
      const wanted = {
        uid: true,
        flags: true,
        internalDate: true,
        source: { start: 0, maxLength: longestMail },
      }
      const rows = await client.fetchAll(`${Math.max(1, exists - mostMails + 1)}:*`, wanted)
      return rows
        .filter(({ source, flags }) => source && !flags?.has('\\Answered'))
        .map(({ source, internalDate }) => ({
          message: parseOctets(source ?? Buffer.alloc(0)),
          at: new Date(internalDate ?? systemClock.now()),
        }))
        .reverse()
    }),
  )
}
