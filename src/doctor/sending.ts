/**
 * Automatic sending: whether anything can prove who wrote a mail, and, on request, whether a forged mail is recognised.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, dayBefore, newId } from '../base/clock.ts'
import { isAbsent, type ResolveTxt } from '../base/dns.ts'
import { PermanentError, reasonOf } from '../base/errors.ts'
import { provenByServer } from '../compose/author.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { ImapAccount } from '../imap/imap.ts'
import { domainPart, parseAddressList } from '../mail/address.ts'
import { senderAuthentication, trustedAuthentication } from '../mail/authentication.ts'
import { proveAuthor } from '../mail/author-proof.ts'
import { fieldValues, firstField, type Message } from '../mail/message.ts'
import { parseFields, splitHeader } from '../mail/mime/octets.ts'
import { compile } from '../mail/reply/compile.ts'
import type { Submission } from '../smtp/submission.ts'
import { failed, passed, type Verdict, warned } from './failure.ts'

/** Number of mails whose header is examined. */
const mostMails = 20
/** Octets of each header: the account's server adds its fields at the top. */
const limits = { batch: mostMails, maxHeaderOctets: 16_384, maxTextOctets: 1 }

/** Whether any reply of this account may go out without a person. */
export const sendsAutomatically = ({ replies, categories }: AccountSettings): boolean =>
  replies.mode === 'send' || categories.some(({ mode }) => mode === 'send')

/** @throws errors of IMAP */
export async function checkSending(
  { owner, mailbox }: AccountSettings,
  imap: ImapAccount,
  resolveTxt: ResolveTxt,
): Promise<Verdict> {
  const dnsAnswers = await resolveTxt(`_dmarc.${domainPart(owner.address)}`).then(() => true, isAbsent)
  const { authservIds } = owner
  const byDkim = 'replyd checks DKIM signatures itself'
  if (authservIds.length === 0) {
    const advice = 'Set authservIds to the name of your mail server; replyd init proposes it.'
    if (dnsAnswers)
      return warned(`authservIds is not set: ${byDkim}, and answers no other mail automatically`, advice)
    return failed('nothing is sent automatically: authservIds is not set, and DNS does not answer', advice)
  }
  const mails = await recentMails(imap, mailbox)
  const names = authservIds.join(', ')
  const seen = mails.filter((mail) => trustedAuthentication(mail, authservIds).length > 0)
  if (seen.length > 0 || mails.length === 0) {
    const passes = seen.filter((message) => confirmed(message, authservIds)).length
    return passed(`${names} confirmed the author of ${passes} of the last ${mails.length} mails`)
  }
  const advice =
    'Compare authservIds with Authentication-Results at the top of a mail that you have received.'
  const none = `none of the last ${mails.length} mails has a result of ${names}`
  if (dnsAnswers) return warned(`${none}: ${byDkim}, and answers no other mail automatically`, advice)
  return failed(`nothing is sent automatically: ${none}, and DNS does not answer`, advice)
}

const confirmed = (message: Pick<Message, 'fields'>, authservIds: readonly string[]) =>
  senderAuthentication({ row: { fromAddress: authorOf(message) }, message }, { authservIds }) === 'pass'

const authorOf = (message: Pick<Message, 'fields'>) =>
  parseAddressList(firstField(message, 'from') ?? '')[0]?.address ?? null

async function recentMails(imap: ImapAccount, mailbox: string): Promise<Pick<Message, 'fields'>[]> {
  const { uidValidity, uidNext } = await imap.state(mailbox)
  const after = Math.max(0, uidNext - 1 - mostMails)
  const uids = (await imap.uidsAfter(mailbox, uidValidity, after)).slice(-mostMails)
  const mails: Pick<Message, 'fields'>[] = []
  for await (const batch of imap.fetch(mailbox, uidValidity, uids, limits))
    mails.push(
      ...batch.filter(({ vanished }) => !vanished).map(({ header }) => ({ fields: parseFields(header) })),
    )
  return mails
}

/** A domain that sends no mail, and asks receivers to reject what claims to come from it (RFC 2606 section 3). */
const forgedAuthor = { name: 'replyd test', address: 'replyd-test@example.com' }
const lookEveryMs = 1000
/** Octets of the received mail; it is a short one. */
const longest = 1 << 20

export interface Trial {
  account: AccountSettings
  imap: ImapAccount
  smtp: Submission
  resolveTxt: ResolveTxt
  clock: Clock
  /** How long the mail may take, milliseconds. */
  arrivesWithinMs: number
}

/**
 * Sends a mail with a forged author to the account itself, reads what the server says about it, and deletes it.
 * @throws errors of IMAP and SMTP
 */
export async function tryForgery(trial: Trial): Promise<Verdict> {
  const { account, imap, smtp, clock } = trial
  const { address } = account.owner
  const now = clock.now()
  const messageId = `<replyd-test.${newId(now)}@${domainPart(address)}>`
  const octets = forgedMail(account, messageId, now)
  try {
    await smtp.send({ octets, reversePath: address, addressees: [address], smtpUtf8: false, automatic: true })
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error
    return warned(`the mail server refused mail in another name: ${reasonOf(error)}`, elsewhere)
  }
  const found = await arrived(trial, messageId, dayBefore(now))
  if (found === null) {
    const seconds = Math.round(trial.arrivesWithinMs / 1000)
    return warned(`the forged mail did not arrive within ${seconds} s: it was refused, or is late`, elsewhere)
  }
  const { mailbox, uidValidity, uid } = found
  const source = (await imap.fetchSource(mailbox, uidValidity, uid, longest)) ?? Buffer.alloc(0)
  const left = await imap.removeExactly(mailbox, uidValidity, uid).then(
    () => '',
    (error: unknown) => `; it is still in ${mailbox} (${reasonOf(error)})`,
  )
  const verdict = await judged(trial, source)
  return { ...verdict, detail: `${verdict.detail}${left}` }
}

const elsewhere =
  'Send yourself a mail with another From through another provider, and look at it with replyd explain.'

/** A field that the server should remove or outrank: the sender writes it in the server's name. */
function plantedField({ authservIds }: AccountSettings['owner']): Record<string, string> {
  const [id] = authservIds
  if (id === undefined) return {}
  const name = id === '' ? '' : `${id.replaceAll('*', 'x')}; `
  return { 'Authentication-Results': `${name}dmarc=pass header.from=${domainPart(forgedAuthor.address)}` }
}

function forgedMail({ owner }: AccountSettings, messageId: string, date: Date): Buffer {
  const { address } = owner
  const text = [
    'replyd doctor --forge sent this mail, to see whether your mail server recognises a forged author.',
    'replyd deletes it after that. If it is still here, delete it.',
  ]
  return compile({
    from: forgedAuthor,
    to: [{ name: '', address }],
    subject: 'replyd test: a forged author',
    ...{ messageId, date, inReplyTo: null, references: [] },
    // No program answers it, replyd included.
    marks: { 'Auto-Submitted': 'auto-generated', ...plantedField(owner) },
    text: `${text.join('\r\n')}\r\n`,
    html: null,
  })
}

/** Looks into the mailbox and \\Junk until it is there; null when it is late. */
async function arrived({ account, imap, arrivesWithinMs }: Trial, messageId: string, since: Date) {
  const { junk } = await imap.specialMailboxes()
  const mailboxes = [account.mailbox, ...(junk === null ? [] : [junk])]
  const late = AbortSignal.timeout(arrivesWithinMs)
  while (!late.aborted) {
    for (const mailbox of mailboxes) {
      const [uid] = await imap.findByMessageId(mailbox, messageId, since)
      if (uid !== undefined) return { mailbox, uid, ...(await imap.state(mailbox)) }
    }
    await delay(lookEveryMs, undefined, { signal: late }).catch(() => undefined)
  }
  return null
}

/** As decide would judge it. */
async function judged({ account, resolveTxt, clock }: Trial, octets: Buffer): Promise<Verdict> {
  const message = { fields: parseFields(splitHeader(octets)) }
  const author = authorOf(message)
  if (author !== forgedAuthor.address)
    return warned(`the mail server changed the forged author to ${author ?? 'nobody'}`, elsewhere)
  const mail = { row: { fromAddress: author }, message }
  const { arcSealers } = account
  const proof =
    provenByServer({ settings: account }, mail) ??
    (await proveAuthor({ octets, author, resolveTxt, arcSealers, now: clock.now() }))
  const results = fieldValues(message, 'authentication-results').slice(0, 3)
  const shown =
    results.length === 0 ? 'no Authentication-Results' : `Authentication-Results: ${results.join(' | ')}`
  const detail = `${proof.detail} (${shown.replace(/\s+/g, ' ').slice(0, 500)})`
  if (!proof.proven) return passed(`a mail in the name of ${author} is not answered automatically: ${detail}`)
  const planted = Object.values(plantedField(account.owner)).join()
  if (results.length === 1 && results[0]?.replace(/\s+/g, ' ').trim() === planted)
    return warned(
      `the mail server kept a result that the sender wrote in its name, and wrote none itself: ${detail}`,
      `If it does so with mail from other servers, forged mail is believed. ${elsewhere}`,
    )
  const advice =
    'Correct authservIds and arcSealers: they name a server that confirms forged authors. Until then: mode: draft.'
  return failed(`a mail in the name of ${author} was taken for genuine: ${detail}`, advice)
}
