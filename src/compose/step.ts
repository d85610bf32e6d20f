/**
 * Compose: one call writes the reply from the mail, the thread and the owner's knowledge; then it is checked without
 * a model.
 */

import type { TypedEnvelope } from '../base/typed-envelope.ts'
import { type Composed, neededVerdict } from '../base/verdicts.ts'
import type { Finding } from '../check/prefilter.ts'
import { type Account, type Arrival, arrivalAt, type Next, type StepContext, saltOf } from '../context.ts'
import { attachmentsOf } from '../mail/attachments.ts'
import { replyAddressees } from '../mail/reply/build.ts'
import { signatureFor, signatureKind } from '../mail/reply/sign-off.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import type { Ask } from '../model/client.ts'
import { type Carried, mailAfter, replyAfter } from '../store/carried.ts'
import { senderHistory } from '../store/history.ts'
import { type Change, moveKnown, storeReply } from '../store/moves.ts'
import { loadEarlier, type NewReply } from '../store/replies.ts'
import { composedSchema } from './answer.ts'
import { attachmentsFor, filesInDoubt } from './attachments.ts'
import { checkDraft, instructionsFor, type MailToAnswer, promptMail, received } from './draft-check.ts'
import { liveFacts } from './live-facts.ts'
import { composeMessages } from './prompt.ts'
import { octetsOf, writtenReply } from './reply-octets.ts'
import { type SavedReply, savedReply } from './saved-reply.ts'
import { checkPassages, gatherSources, type Sources } from './sources.ts'

export async function compose(
  context: StepContext,
  id: string,
  signal: AbortSignal,
  carried: Carried | null = null,
): Promise<Next | null> {
  const arrival = await arrivalAt('compose', context, id, carried)
  if (arrival === null) return null
  const { account, mail } = arrival
  const started = context.clock.now()
  const addressees = replyAddressees(mail.message, account.settings.owner, 'draft')
  if (addressees.length === 0) return askPerson(context, { id, at: 'compose', reason: 'nobody-to-answer' })
  const live = await liveFacts(arrival, addressees)
  if (live.person !== null) return askPerson(context, { id, at: 'compose', ...live.person })
  const gathered = await gatherSources(arrival, addressees)
  const attachments = await attachmentsFor(arrival)
  const saved = live.passages.length + live.left.length > 0 ? null : savedFor(arrival, gathered)
  const passages = saved ? [saved.passage] : [...live.passages, ...gathered.passages]
  const sources = { ...gathered, attachments, passages }
  const { composed, removals, omitted, marks } = saved
    ? { composed: saved.composed, removals: [], omitted: [], marks: { salt: '', canary: '' } }
    : await written(arrival, sources, signal)
  const unseen = [...unreadOf(sources), ...live.left, ...omitted]
  const now = context.clock.now()
  const { version } = mail.row
  const change = { id, at: 'compose', version, durationMs: now.getTime() - started.getTime() } as const
  const earlier = await loadEarlier(context.db, id)
  if (composed.text === '') {
    const reason = earlier ? 'rewrite-without-text' : 'needs-person'
    return askPerson(context, { ...change, reason, ...detailOf(unseen, composed.missing) })
  }
  const { attemptGroup = 0, envelope = null } = earlier ?? {}
  const reply = replyOf(arrival, sources, composed, {
    marks,
    removals,
    omitted: unseen,
    attemptGroup,
    envelope,
  })
  if (reply === null)
    return askPerson(context, {
      ...change,
      reason: 'nobody-to-answer',
      ...detailOf(unseen, composed.missing),
    })
  const used = saved ? [saved.passage.file] : []
  const stored = { ...change, reason: 'composed', ...detailOf(unseen, [], used) } as const
  const moved = await storeReply(context.db, reply, stored, now)
  if (!moved || earlier) return moved && { stage: 'decide' }
  const after = mailAfter(mail, 'storeReply', stored, moved, now)
  return { stage: 'decide', carried: { mail: after, reply: replyAfter(reply, moved, now) } }
}

async function askPerson(context: StepContext, change: Change<'askPerson'>): Promise<Next | null> {
  return (await moveKnown(context.db, 'askPerson', change, context.clock.now())) ? { stage: 'review' } : null
}

const unreadOf = ({ unread }: Sources) => (unread > 0 ? [`thread: ${unread} messages at its beginning`] : [])

/** The saved reply that was used, what the model did not see, and the missing facts, unless a reply mentions them. */
function detailOf(
  omitted: readonly string[],
  missing: readonly string[],
  used: readonly string[] = [],
): { detail?: string } {
  const lines = [
    ...used,
    ...(omitted.length > 0 ? [`not read: ${omitted.join('; ')}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join('; ')}`] : []),
  ]
  return lines.length > 0 ? { detail: lines.join('\n') } : {}
}

/** The owner's own text for the mail's questions; null if the model has to write. */
export function savedFor(
  { account, mail }: { account: Pick<Account, 'settings'>; mail: Pick<MailToAnswer, 'row' | 'message'> },
  sources: Sources,
): SavedReply | null {
  // Attached files may contain more than the questions.
  if (attachmentsOf(mail.message).length > 0) return null
  const { category, language, asks } = neededVerdict(mail.row.verdict)
  return savedReply(account.settings, mail, { category, language, asks: asks ?? [] }, sources)
}

/** The model's reply. */
async function written(arrival: Arrival, sources: Sources, signal: AbortSignal) {
  const { answer, omitted, marks } = await ask(arrival, sources, signal)
  return { ...received(arrival.account.settings, answer), omitted, marks }
}

async function ask({ context, account, mail }: Arrival, sources: Sources, signal: AbortSignal) {
  const { row } = mail
  const prompt = account.prompts.compose
  const [salt, canary] = [saltOf(context), saltOf(context)]
  const toAnswer = { ...mail, ...(await senderHistory(context.db, row)) }
  const { timeZone } = context.config.budget
  const knowledgeHash = account.knowledge?.hash ?? null
  const occasion = { mail: toAnswer, task: 'compose', prompt, knowledgeHash } as const
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

/** The question to the model, and which parts of the mail and the thread had to be left out. */
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
    mail: {
      ...promptMail(settings, timeZone, mail, sources),
      attachments: sources.attachments ?? [],
    },
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

interface Written {
  marks: { salt: string; canary: string }
  removals: readonly Finding[]
  /** What the model did not see. */
  omitted: string[]
  attemptGroup: number
  /** A reviewer typed it, so it is kept when the text is rewritten. */
  envelope: TypedEnvelope | null
}

/** The octets and the Message-ID are fixed here, before anything leaves. Null when there is nobody to answer. */
function replyOf(
  { context, account, mail }: Arrival,
  sources: Sources,
  composed: Composed,
  { marks, removals, omitted, attemptGroup, envelope }: Written,
): NewReply | null {
  const { row } = mail
  const written = { text: composed.text, language: composed.language, attemptGroup, envelope }
  const built = writtenReply(account.settings, mail, 'draft', written, {
    now: context.clock.now(),
    replyKey: context.replyKey,
  })
  if (!built) return null
  const { prompts, settings } = account
  const { timeZone } = context.config.budget
  const passages = checkPassages(account.knowledge, sources.passages, composed)
  const said = { composed, passages }
  const found = checkDraft(prompts.compose, settings, timeZone, mail, sources, said, marks)
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
    claims: [...found, ...removals, ...filesInDoubt(sources.attachments ?? [])],
    sources: sources.passages,
    omitted,
    holdReasons: [],
    attemptGroup,
    envelope,
  }
}
