/** What a person may do, and the resources it needs. */

import type { Disposition } from '../base/dispositions.ts'
import { accountLabel } from '../base/log.ts'
import type { Reason } from '../base/reasons.ts'
import type { StepContext } from '../context.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { changeAccountState } from '../store/accounts.ts'
import { askAgain } from '../store/leases.ts'
import { releasePaused } from '../store/review.ts'

export interface Review {
  readonly context: StepContext
  readonly pipeline: Pipeline
}

export type RefusalReason =
  | 'not-found'
  /** Somebody else, or the same person a moment ago, has already decided. */
  | 'already-decided'
  /** The text is not the one the person saw. */
  | 'text-changed'
  /** Not the approval code of this text. */
  | 'wrong-code'
  /** The draft in \Drafts was edited, sent or deleted in the owner's own client. */
  | 'draft-touched'
  | 'nothing-written'
  | 'nobody-to-answer'
  | 'never-to-be-answered'
  /** The mail's text was removed after its retention time. */
  | 'text-removed'
  | 'unfit-text'
  | 'unfit-header'
  | 'not-in-junk'
  /** The mail is not in its mailbox any more. */
  | 'mail-moved'
  | 'unknown-account'
  | 'unknown-token'
  | 'token-exists'
  | 'unknown-proposal'
  | 'unknown-file'
  | 'too-many-proposals'
  | 'no-knowledge'
  | 'knowledge-read-only'
  /** Somebody else, or another program, has changed the file since it was shown. */
  | 'file-changed'
  | 'file-exists'
  /** A link, or a page of the web site. */
  | 'file-elsewhere'
  | 'unfit-file-name'
  | 'unfit-file'
  | 'nothing-to-undo'
  | 'unknown-trial'
  /** The fact names a correspondent, or something of theirs. */
  | 'personal-matter'
  /** The fact may name somebody: a person has to say that it does not. */
  | 'maybe-personal'
  | 'unknown-gap'
  | 'unknown-fact'
  | 'unknown-offer'
  | 'unfit-fact'
  | 'too-many-facts'
  /** Too few drafts in a row were sent unchanged. */
  | 'not-offered'
  | 'not-granted'
  | 'unknown-setting'
  /** replyd.yaml or a variable sets it. */
  | 'setting-locked'
  /** Somebody else changed the same setting. */
  | 'setting-changed'
  | 'unknown-person'
  | 'name-taken'
  | 'unfit-name'
  | 'unfit-password'
  | 'unfit-snippet'
  /** Several were to be sent together, but somebody has to look at this one. */
  | 'doubtful'
  /** replyd.yaml or a variable sets it. */
  | 'password-locked'
  /** Somebody else set it. */
  | 'password-changed'
  | 'passwords-differ'
  /** The page has no password. */
  | 'no-login'
  /** The account logs in with a password. */
  | 'no-sign-in'

const messages: Record<RefusalReason, string> = {
  'not-found': 'There is no such mail.',
  'already-decided': 'This has already been decided, perhaps in another window. Nothing was changed.',
  'text-changed': 'The text has changed in the meantime. Review it again.',
  'wrong-code':
    'This is not the code for this text. A person finds it next to the text with `replyd mcp code`; after an edit, the code is different.',
  'draft-touched':
    'The draft in your Drafts mailbox was edited, sent or deleted in a mail client. Send it from there.',
  'nothing-written': 'There is no reply yet.',
  'nobody-to-answer': 'The mail has no address to reply to.',
  'never-to-be-answered': 'Mail of this kind is never answered.',
  'text-removed': "The mail's text was removed when its retention time ended.",
  'unfit-text': 'A reply must not be empty or longer than 16,384 characters.',
  'unfit-header':
    'Nothing was saved: To and Cc take up to 20 complete addresses, separated by commas; the subject takes up to 250 characters.',
  'mail-moved': 'The mail was moved or deleted in a mail client. Nothing more was done.',
  'not-in-junk': 'This mail is not in Junk.',
  'unknown-account': 'This account is not configured.',
  'unknown-token': 'There is no token with that name.',
  'token-exists': 'There is already a token with that name. Revoke it first, or choose another name.',
  'unknown-proposal': 'There is no such proposal.',
  'unknown-file': 'There is no such file in the knowledge.',
  'too-many-proposals': 'Too many proposed facts wait for a decision. Accept or discard some first.',
  'no-knowledge': 'This account has no knowledge folder: set `knowledge` in replyd.yaml.',
  'knowledge-read-only':
    'replyd is not allowed to write to the knowledge folder. Allow it, or write the fact there yourself.',
  'file-changed': 'The file has changed in the meantime. Nothing was saved: look at it again.',
  'file-exists': 'There is already a file with that name. Choose another name, or edit that file.',
  'file-elsewhere': 'This file is not kept in the knowledge folder, so it can’t be changed here.',
  'unfit-file-name':
    'That file name is not valid. It may contain letters, digits, spaces and - _ . and must end in .md, .txt, .pdf, .docx, .html, .csv, .tsv or .eml.',
  'unfit-file': 'The file is empty, longer than 10 MB (2 MB of text), or not what its name says.',
  'nothing-to-undo': 'This can no longer be undone.',
  'unknown-trial': 'This trial is over: its results are kept in memory only.',
  'personal-matter':
    'The knowledge is used for every reply, and this is about one correspondent. Leave it out of the fact.',
  'maybe-personal':
    'The knowledge is used for every reply. Leave this out of the fact, or confirm that it is about no correspondent.',
  'unknown-gap': 'This is no longer missing.',
  'unknown-fact': 'There is no such taught fact.',
  'unknown-offer': 'This offer no longer exists.',
  'unfit-fact': 'A fact needs a question and a text of up to 2,000 characters.',
  'too-many-facts': 'The folder of taught facts is full: merge some of them into files of your own.',
  'not-offered':
    'Automatic sending is not offered here: 20 drafts in a row must first be sent without a correction.',
  'not-granted': 'Automatic sending is not granted here.',
  'unknown-setting': 'There is no such setting here.',
  'setting-locked':
    'This is set in replyd.yaml, which takes precedence over this page. Remove it there to set it here.',
  'setting-changed': 'Somebody else has changed this setting in the meantime. Nothing was changed.',
  'unknown-person': 'There is nobody with that name.',
  doubtful: 'Something in this reply is doubtful. Open it to send it.',
  'name-taken': 'There is already somebody with that name.',
  'no-sign-in': 'This account has no oauth2 in replyd.yaml: it logs in with a password.',
  'unfit-snippet':
    'A saved text needs a name of up to 60 characters and a text of up to 8,000; there can be at most 200.',
  'unfit-name':
    "This name can't be used: it has no letters, mixes scripts, or looks like one of replyd's own.",
  'unfit-password': 'A password must have 8 to 200 characters.',
  'no-login':
    'Set a password for the page first, under Setup > Your password: without one everybody on this machine is the owner, and nobody logs in.',
  'password-locked':
    'The password of the page is set in replyd.yaml, which takes precedence over this page. Change it there.',
  'password-changed': 'Somebody else has set the password in the meantime. Nothing was changed.',
  'passwords-differ': 'The two passwords do not match. Type them again.',
}

/** The text for a refusal that a page names in its address; null if there is no such refusal. */
export const refusalWords = (reason: string): string | null =>
  Object.hasOwn(messages, reason) ? messages[reason as RefusalReason] : null

/** What somebody else has done to a mail. */
export interface Deed {
  /** The present outcome of the mail. */
  disposition: Disposition
  reason: Reason
  /** `Ann Miller rejected it.` */
  because: string
  by: string
  at: Date
}

/** Nothing was changed, and why: an answer for a person, not a fault. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly reason: RefusalReason
  /** The person who decided first, and what they did; null for other reasons. */
  readonly state: Deed | null
  /** The field of a form that is at fault, and why; null for none. */
  readonly field: { readonly name: string; readonly why: string } | null
  /** @param about what exactly, for a person */
  constructor(reason: RefusalReason, options: RefusalOptions = {}, about = '') {
    const { state = null, field = null, message = messages[reason], ...rest } = options
    super(about === '' ? message : `${message} (${about})`, rest)
    this.reason = reason
    this.state = state
    this.field = field
  }
}

interface RefusalOptions extends ErrorOptions {
  state?: Deed
  field?: { name: string; why: string }
  message?: string
}

/**
 * While an account is paused, its mail is classified and replies are written, but nothing is sent.
 * @throws Refusal when the account is not configured
 */
export async function pause({ context }: Review, account: string, actor: string): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  await changeAccountState(context.db, account, { paused: true, actor }, context.clock.now())
  context.log.info({ event: 'account.paused', account, actor })
}

/**
 * An account that stopped because the owner had to act is used again; if the reason persists, it stops again.
 * @throws Refusal as `pause`
 */
export async function tryAgain({ context, pipeline }: Review, account: string, actor: string): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  await changeAccountState(context.db, account, { stopped: null }, context.clock.now())
  context.log.info({ event: 'account.retried', account: accountLabel(account), actor })
  pipeline.tryAgain(account)
  // Another process may watch it.
  await askAgain(context.db, account)
}

/** Waiting replies are sent at once if their undo window is over. @throws Refusal as `pause` */
export async function resume({ context, pipeline }: Review, account: string, actor: string): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  const now = context.clock.now()
  await changeAccountState(context.db, account, { paused: false, actor }, now)
  context.log.info({ event: 'account.resumed', account, actor })
  for (const { id, dueAt } of await releasePaused(context.db, account, now))
    await pipeline.advance(id, 'deliver', dueAt)
}
