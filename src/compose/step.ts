/** Compose: one call writes the reply's text from the mail, the thread and the owner's knowledge; then it is checked without a model. */

import type { Reason } from '../base/reasons.ts'
import type { Finding } from '../check/prefilter.ts'
import { type Account, accountOf, type Next, type StepContext } from '../context.ts'
import { replyHeader } from '../mail/reply/build.ts'
import { signatureFor, signatureKind } from '../mail/reply/sign-off.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import type { Ask } from '../model/client.ts'
import { composeMessages } from '../model/prompts.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { earlierMails, writtenTo } from '../store/history.ts'
import { commitStep, type StepChange } from '../store/messages.ts'
import { loadReply, saveComposed } from '../store/replies.ts'
import { type Composed, composedSchema, neededVerdict } from '../triage/verdict.ts'
import { checkDraft, instructionsFor, type MailToAnswer, promptMail, received } from './draft-check.ts'
import { octetsOf, writtenReply } from './reply-octets.ts'
import { checkPassages, gatherSources, type Sources } from './sources.ts'

export async function compose(context: StepContext, id: string, signal: AbortSignal): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'compose') return null
  const account = accountOf(context, mail.row.account)
  const started = context.clock.now()
  const addressees = replyHeader(mail.message, account.settings.owner, 'draft')?.to ?? []
  if (addressees.length === 0) return nobodyToAnswer(context, id)
  const sources = await gatherSources(context, account, mail, addressees)
  const { answer, omitted, marks } = await ask(context, account, mail, sources, signal)
  const { composed, mended } = received(account.settings, answer)
  const unseen = [...unreadOf(sources), ...omitted]
  const now = context.clock.now()
  const change = (to: 'decide' | 'review', reason: Reason): StepChange => ({
    id,
    from: 'compose',
    to,
    disposition: to === 'decide' ? 'pending' : 'held',
    reason,
    ...detailOf(unseen, to === 'review' ? composed.missing : []),
    durationMs: now.getTime() - started.getTime(),
  })
  const next =
    composed.text === ''
      ? change('review', (await loadReply(context.db, id)) ? 'rewrite-without-text' : 'needs-person')
      : (await store(context, account, mail, sources, composed, { marks, mended, omitted: unseen }))
        ? change('decide', 'composed')
        : change('review', 'nobody-to-answer')
  return (await commitStep(context.db, next, now)) ? { stage: next.to } : null
}

async function nobodyToAnswer(context: StepContext, id: string): Promise<Next | null> {
  const change = {
    id,
    from: 'compose',
    to: 'review',
    disposition: 'held',
    reason: 'nobody-to-answer',
  } as const
  return (await commitStep(context.db, change, context.clock.now())) ? { stage: 'review' } : null
}

const unreadOf = ({ unread }: Sources) => (unread > 0 ? [`thread: ${unread} messages at its beginning`] : [])

/** What the model did not see, and, where there is no reply to say it, what it would have needed to know. */
function detailOf(omitted: readonly string[], missing: readonly string[]): { detail?: string } {
  const lines = [
    ...(omitted.length > 0 ? [`not read: ${omitted.join('; ')}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join('; ')}`] : []),
  ]
  return lines.length > 0 ? { detail: lines.join('\n') } : {}
}

async function ask(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  sources: Sources,
  signal: AbortSignal,
) {
  const { row } = mail
  const prompt = account.prompts.compose
  const { db, config } = context
  const [salt = '', canary = ''] = [0, 1].map(() => context.newId(context.clock.now()).slice(-10))
  const [earlier, writtenBefore] = row.fromAddress
    ? await Promise.all([
        earlierMails(db, row.account, row.fromAddress, row.id),
        writtenTo(db, row.account, row.fromAddress, row.id),
      ])
    : [0, false]
  const toAnswer = { ...mail, firstContact: earlier === 0, writtenBefore }
  const { timeZone } = config.budget
  const occasion = { row, task: 'compose', prompt, knowledgeHash: account.knowledge?.hash ?? null } as const
  let omitted: string[] = []
  const answer = await budgetedCall(context, occasion, (fitted) => {
    const prompts = { ...account.prompts, compose: fitted }
    const asking = { ...account, prompts }
    const question = composeQuestion(asking, timeZone, toAnswer, sources, { salt, canary })
    omitted = question.omitted
    return { ...question, signal }
  })
  return { answer: answer.value, omitted, marks: { salt, canary } }
}

export { checkAsked, checkDraft, type MailToAnswer, promptMail, received } from './draft-check.ts'
export { checkPassages, mostEarlier, passagesFor, primary, type Sources } from './sources.ts'

/** What is asked of the model, and what of the mail and the thread had to be left out. */
export function composeQuestion(
  { settings, prompts }: Pick<Account, 'settings' | 'prompts'>,
  timeZone: string,
  mail: MailToAnswer,
  sources: Sources,
  { salt, canary }: { salt: string; canary: string },
): Ask<Composed> & { omitted: string[] } {
  const prompt = prompts.compose
  const { owner, replies } = settings
  const verdict = neededVerdict(mail.row.verdict)
  const { messages, omitted } = composeMessages({
    prompt,
    mail: promptMail(settings, timeZone, mail, sources),
    verdict,
    thread: sources.thread,
    earlier: sources.earlier,
    passages: sources.passages,
    style: sources.style,
    instructions: instructionsFor(settings, mail.row),
    corrections: sources.corrections,
    ownerName: owner.displayName,
    ownerLanguage: replies.ownerLanguage,
    signature: signatureKind(signatureFor(replies, verdict.language)),
    canary,
    salt,
  })
  return {
    messages,
    omitted,
    schema: composedSchema,
    schemaName: 'compose',
    maxOutputTokens: prompt.maxOutputTokens,
    temperature: prompt.temperature,
    cacheKey: `replyd-compose-${prompt.hash}`,
  }
}

interface Found {
  marks: { salt: string; canary: string }
  mended: readonly Finding[]
  /** What the model did not see. */
  omitted: string[]
}

/** The octets and the Message-ID are fixed here, before anything leaves. False when there is nobody to answer. */
async function store(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  sources: Sources,
  composed: Composed,
  { marks, mended, omitted }: Found,
): Promise<boolean> {
  const { row } = mail
  const attemptGroup = (await loadReply(context.db, row.id))?.attemptGroup ?? 0
  const now = context.clock.now()
  const written = { text: composed.text, language: composed.language, attemptGroup }
  const built = await writtenReply(account.settings, mail, 'draft', written, now)
  if (!built) return false
  const { prompts, settings } = account
  const { timeZone } = context.config.budget
  const passages = checkPassages(account.knowledge, sources.passages, composed)
  const said = { composed, passages }
  const found = checkDraft(prompts.compose, settings, timeZone, mail, sources, said, marks)
  await saveComposed(
    context.db,
    {
      id: row.id,
      account: row.account,
      ...octetsOf('draft', built),
      reversePath: built.reversePath,
      subject: built.subject,
      text: composed.text,
      language: composed.language,
      confidence: composed.confidence,
      composed,
      claims: [...found, ...mended],
      sources: sources.passages,
      omitted,
      holdReasons: [],
      attemptGroup,
    },
    now,
  )
  return true
}
