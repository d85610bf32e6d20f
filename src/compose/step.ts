/** Compose: one call writes the reply's text from the mail, the thread and the owner's knowledge; then it is checked without a model. */

import type { AccountSettings } from '../config/settings.ts'
import { type Arrival, accountOf, type Next, type StepContext } from '../context.ts'
import { replyHeader } from '../mail/reply/build.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import type { Ask } from '../model/client.ts'
import { mailFacts } from '../model/prompts/mail-facts.ts'
import type { Prompt } from '../model/prompts/messages.ts'
import { composeMessages } from '../model/prompts.ts'
import { loadMail } from '../store/bodies.ts'
import { earlierMails } from '../store/history.ts'
import { loadReply, type NewReply } from '../store/replies.ts'
import { type Change, move, storeReply } from '../store/moves.ts'
import { type Composed, composedSchema, neededVerdict } from '../triage/verdict.ts'
import { checkDraft, instructionsFor, type MailToAnswer } from './draft-check.ts'
import { octetsOf, writtenReply } from './reply-octets.ts'
import { gatherSources, type Sources } from './sources.ts'

export async function compose(context: StepContext, id: string, signal: AbortSignal): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'compose') return null
  const account = accountOf(context, mail.row.account)
  const started = context.clock.now()
  const addressees = replyHeader(mail.message, account.settings.owner, 'draft')?.to ?? []
  if (addressees.length === 0) return askPerson(context, { id, at: 'compose', reason: 'nobody-to-answer' })
  const arrival = { context, account, mail }
  const sources = await gatherSources(arrival, addressees)
  const { composed, omitted, salt, canary } = await ask(arrival, sources, signal)
  const now = context.clock.now()
  const change = { id, at: 'compose', durationMs: now.getTime() - started.getTime() } as const
  const cut = [...unreadOf(sources), ...omitted]
  const earlier = await loadReply(context.db, id)
  if (composed.text === '') {
    const reason = earlier ? 'rewrite-without-text' : 'needs-person'
    return askPerson(context, { ...change, reason, ...detailOf(cut, composed.missing) })
  }
  const attemptGroup = earlier?.attemptGroup ?? 0
  const reply = await replyOf(arrival, sources, composed, { salt, canary, attemptGroup })
  if (reply === null)
    return askPerson(context, { ...change, reason: 'nobody-to-answer', ...detailOf(cut, composed.missing) })
  const stored = { ...change, reason: 'composed', ...detailOf(cut, []) } as const
  return (await storeReply(context.db, reply, stored, now)) ? { stage: 'decide' } : null
}

async function askPerson(context: StepContext, change: Change<'askPerson'>): Promise<Next | null> {
  return (await move(context.db, 'askPerson', change, context.clock.now())) ? { stage: 'review' } : null
}

const unreadOf = ({ unread }: Sources) => (unread > 0 ? [`thread: ${unread} messages at its beginning`] : [])

/** What the model did not see, and, where there is no reply to say it, what it would have needed to know. */
function detailOf(omitted: readonly string[], missing: readonly string[]): { detail?: string } {
  const lines = [
    ...(omitted.length > 0 ? [`cut: ${omitted.join('; ')}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join('; ')}`] : []),
  ]
  return lines.length > 0 ? { detail: lines.join('\n') } : {}
}

async function ask({ context, account, mail }: Arrival, sources: Sources, signal: AbortSignal) {
  const { settings, knowledge, prompts } = account
  const { row } = mail
  const prompt = prompts.compose
  const [salt = '', canary = ''] = [0, 1].map(() => context.newId(context.clock.now()).slice(-10))
  const earlier = row.fromAddress ? await earlierMails(context.db, row.account, row.fromAddress, row.id) : 0
  const toAnswer = { ...mail, firstContact: earlier === 0 }
  const occasion = { row, task: 'compose', prompt, knowledgeHash: knowledge?.hash ?? null } as const
  let omitted: string[] = []
  const answer = await budgetedCall(context, occasion, (fitted) => {
    const question = composeQuestion(fitted, settings, toAnswer, sources, { salt, canary })
    omitted = question.omitted
    return { ...question, signal }
  })
  return { composed: answer.value, omitted, salt, canary }
}

export { checkDraft, type MailToAnswer } from './draft-check.ts'
export { mostEarlier, mostPassages, primary, type Sources } from './sources.ts'

/** What is asked of the model, and what of the mail and the thread had to be left out. */
export function composeQuestion(
  prompt: Prompt,
  settings: AccountSettings,
  { row, message, firstContact }: MailToAnswer,
  sources: Sources,
  { salt, canary }: { salt: string; canary: string },
): Ask<Composed> & { omitted: string[] } {
  const known = { receivedAt: row.internalDate, firstContact, guardReason: row.codes[0] ?? 'ok' }
  const { messages, omitted } = composeMessages({
    prompt,
    mail: { visibleText: sources.visible, facts: mailFacts(message, settings.owner, known) },
    verdict: neededVerdict(row.verdict),
    thread: sources.thread,
    earlier: sources.earlier,
    passages: sources.passages,
    style: sources.style,
    instructions: instructionsFor(settings, row),
    corrections: sources.corrections,
    ownerName: settings.owner.displayName,
    signature: settings.replies.signature !== '',
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

/** The octets and the Message-ID are fixed here, before anything leaves. Null when there is nobody to answer. */
async function replyOf(
  { context, account, mail }: Arrival,
  sources: Sources,
  composed: Composed,
  { attemptGroup, ...marks }: { salt: string; canary: string; attemptGroup: number },
): Promise<NewReply | null> {
  const { row } = mail
  const written = { text: composed.text, language: composed.language, attemptGroup }
  const built = await writtenReply(account.settings, mail, 'draft', written, context.clock.now())
  if (!built) return null
  return {
    id: row.id,
    account: row.account,
    ...octetsOf('draft', built),
    reversePath: built.reversePath,
    subject: built.subject,
    text: composed.text,
    language: composed.language,
    confidence: composed.confidence,
    composed,
    claims: checkDraft(account.prompts.compose, account.settings, mail, sources, composed, marks),
    sources: sources.passages,
    holdReasons: [],
    attemptGroup,
  }
}
