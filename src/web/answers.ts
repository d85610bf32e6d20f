/** What the API answers, as schemas for its description. Fields that are not named here may be added at any time. */
import { z } from 'zod'
import { dispositions, replyStates } from '../base/dispositions.ts'
import { reasonCodes, setbackReasons } from '../base/reasons.ts'
import { tokenScopes } from '../store/api-tokens.ts'
import { roles } from '../store/people.ts'

const moment = () => z.iso.datetime()
const count = () => z.int().min(0)

export const done = z.object({ ok: z.literal(true) }).meta({ id: 'Done' })

export const approved = z
  .object({
    ok: z.literal(true),
    sendsAt: moment().nullable().meta({
      description: 'When it goes out, the end of the undo window; null while the account is paused',
    }),
  })
  .meta({ id: 'Approved' })

export const edited = z
  .object({ ok: z.literal(true), version: z.string().meta({ description: 'Names the new text' }) })
  .meta({ id: 'Edited' })

const explained = {
  reason: z.enum(reasonCodes).meta({ id: 'Reason', description: 'A code; docs/reasons.md lists all' }),
  because: z.string().meta({ description: 'The reason as a sentence' }),
  help: z.string().nullable().meta({ description: 'What the owner can do about it' }),
}

const mailFields = {
  id: z.string(),
  account: z.string(),
  from: z.string().nullable(),
  fromName: z.string().nullable(),
  subject: z.string().nullable(),
  arrivedAt: moment(),
  step: z.string(),
  disposition: z.enum(dispositions),
  ...explained,
  detail: z.string().nullable(),
  codes: z.array(z.string()),
  verdict: z.looseObject({}).nullable().meta({ description: 'What triage says' }),
}

const holdReasons = z.array(z.object(explained)).meta({ description: 'Why it waits for a person' })
const replyFields = { state: z.enum(replyStates), holdReasons, sendAfter: moment().nullable() }

export const listedMail = z
  .object({ ...mailFields, reply: z.object(replyFields).nullable() })
  .meta({ id: 'ListedMail' })

export const historyMail = z
  .object({
    ...mailFields,
    reply: z.object(replyFields).nullable(),
    cost: z.number().meta({ description: 'US dollars' }),
    tokens: count(),
  })
  .meta({ id: 'HistoryMail' })

export const wholeMail = z
  .object({
    ...mailFields,
    lastError: z.string().nullable(),
    dueAt: moment().nullable(),
    text: z
      .string()
      .nullable()
      .meta({ description: 'Without quotes and signature; null once it is removed' }),
    attachments: z
      .array(
        z.object({
          name: z.string(),
          type: z.string(),
          size: count().meta({ description: 'Octets' }),
          reading: z.string().meta({ description: 'What the model was given of it, or why nothing' }),
          text: z.string().nullable(),
        }),
      )
      .meta({ description: 'Files that were read for the model; empty unless `attachments` is switched on' }),
    reply: z
      .object({
        ...replyFields,
        to: z.string(),
        addressees: z.array(z.string()),
        subject: z.string(),
        text: z.string(),
        edited: z
          .boolean()
          .meta({ description: 'A person changed the text; claims and sources are about the text before' }),
        version: z.string().meta({ description: 'Names this text; `seen` of a decision repeats it' }),
        language: z.string().nullable(),
        confidence: z.number().nullable(),
        claims: z.array(z.unknown()),
        sources: z.array(z.unknown()),
        actor: z.string().nullable(),
      })
      .nullable(),
    events: z.array(z.looseObject({ at: moment(), step: z.string(), actor: z.string() })),
    changes: z.array(z.looseObject({ at: moment(), actor: z.string() })),
    calls: z.array(z.looseObject({ at: moment(), step: z.string(), model: z.string() })),
  })
  .meta({ id: 'Mail' })

export const usage = z
  .object({
    key: z.string().meta({ description: 'Day, account or step' }),
    calls: count(),
    inputTokens: count(),
    cachedTokens: count(),
    outputTokens: count(),
    cost: z.number().meta({ description: 'US dollars' }),
  })
  .meta({ id: 'Usage' })

export const account = z
  .object({
    account: z.string().meta({ description: 'Its address' }),
    paused: z.boolean(),
    pausedBy: z.string().nullable(),
    pausedAt: moment().nullable(),
    stopped: z.string().nullable().meta({ description: 'Why replyd stopped on its own' }),
    sentCopy: z.boolean().nullable(),
  })
  .meta({ id: 'Account' })

export const autonomy = z
  .object({
    account: z.string(),
    category: z.string(),
    streak: count().meta({ description: 'Drafts in a row that went out without a correction' }),
    needed: count().meta({ description: 'It is offered from that many on' }),
    offered: z.boolean(),
    granted: z.boolean(),
    grantedAt: moment().nullable(),
    grantedBy: z.string().nullable(),
    takenBack: z
      .object({ reason: z.enum(setbackReasons), at: moment(), id: z.string().nullable() })
      .nullable()
      .meta({ description: 'What ended the last grant' }),
  })
  .meta({ id: 'Autonomy' })

export const audited = z
  .object({
    ok: z.boolean().meta({ description: 'Every mailbox could be read, and no mail was missed' }),
    mailboxes: z.array(
      z.looseObject({ account: z.string(), mailbox: z.string(), missed: z.array(z.unknown()) }),
    ),
  })
  .meta({ id: 'Audit' })

export const forgotten = z
  .object({ mails: count(), replies: count(), closed: count(), underWay: count() })
  .meta({ id: 'Forgotten' })

export const person = z.looseObject({
  id: z.string().meta({ description: 'The name folded to letters and digits' }),
  name: z.string(),
  role: z.enum(roles),
})
const change = z
  .object({
    where: z.string().meta({ description: '`replyd.yaml:7`, or the name of a variable' }),
    key: z.string(),
    accounts: z.array(z.string()).meta({ description: 'Empty for all' }),
    from: z
      .string()
      .optional()
      .meta({ description: 'Only of short values that are no secret; of a mailbox `present` or `absent`' }),
    to: z.string().optional(),
  })
  .meta({ id: 'Change' })

export const reloaded = z
  .object({
    changed: z.array(change).meta({ description: 'In use from now on' }),
    refused: z.array(change).meta({ description: 'Needs a restart' }),
  })
  .meta({ id: 'Reloaded' })

export const token = z
  .looseObject({ name: z.string(), scopes: z.array(z.enum(tokenScopes)) })
  .meta({ id: 'Token' })

export const newToken = z
  .object({
    name: z.string(),
    scopes: z.array(z.enum(tokenScopes)),
    token: z.string().meta({ description: 'Shown once' }),
  })
  .meta({ id: 'NewToken' })

export const knowledgeFile = z
  .object({
    account: z.string(),
    file: z.string(),
    passages: count(),
    fault: z.string().nullable().meta({ description: 'Why it is left out; null if it is not' }),
    page: z
      .object({ url: z.string(), readAt: z.string().meta({ description: 'When it was last read' }) })
      .optional()
      .meta({ description: 'Only for a web page' }),
  })
  .meta({ id: 'KnowledgeFile' })

export const knowledgeText = z
  .object({ account: z.string(), file: z.string(), text: z.string() })
  .meta({ id: 'KnowledgeText' })

export const fact = z
  .object({
    id: z.string(),
    account: z.string(),
    topic: z.string(),
    fact: z.string(),
    by: z.string().meta({ description: 'Who proposed it' }),
    at: moment(),
  })
  .meta({ id: 'Fact' })

export const gap = z
  .object({
    id: z.string().meta({ description: 'Names it, as `gap` of a taught fact' }),
    account: z.string(),
    question: z.string(),
    others: z.array(z.string()).meta({ description: 'Other words for it' }),
    last: moment(),
    mails: z.array(
      z.looseObject({
        id: z.string(),
        subject: z.string().nullable(),
        gap: z.string(),
        waits: z.boolean(),
        edited: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Gap' })

export const taughtFact = z
  .object({
    id: z.string(),
    account: z.string(),
    file: z.string().meta({ description: 'In the knowledge folder' }),
    question: z.string(),
    fact: z.string(),
    by: z.string(),
    at: moment(),
    mails: z.array(z.string()).meta({ description: 'Ids of the mails that asked for it' }),
  })
  .meta({ id: 'TaughtFact' })

export const teaching = z
  .object({
    fact: taughtFact,
    rewritten: z.array(z.string()).meta({ description: 'Ids of mails whose drafts are being written again' }),
    left: z.array(z.string()).meta({ description: 'Ids of mails that a person has edited or decided' }),
  })
  .meta({ id: 'Teaching' })

export const offer = z
  .object({
    id: z.string(),
    account: z.string(),
    question: z.string(),
    fact: z.string(),
    personal: z.array(z.looseObject({ text: z.string(), kind: z.string() })),
    mail: z.object({ id: z.string(), subject: z.string().nullable() }),
    editedBy: z.string().nullable(),
    at: moment(),
  })
  .meta({ id: 'Offer' })

export const code = z
  .object({
    to: z.string(),
    subject: z.string(),
    text: z.string(),
    code: z.string().meta({ description: 'As `seen` of an approval, for exactly this text' }),
  })
  .meta({ id: 'ApprovalCode' })
