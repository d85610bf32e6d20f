/** What the API answers, as schemas for its description. Fields that are not named here may be added at any time. */
import * as z from 'zod'
import { dispositions, replyStates } from '../base/dispositions.ts'
import { reasonCodes, setbackReasons } from '../base/reasons.ts'
import { tokenScopes } from '../store/api-tokens.ts'
import { roles } from '../store/people.ts'

const moment = () => z.iso.datetime()
const count = () => z.int().min(0)
const when = () => moment().meta({ description: 'When' })
const who = () => z.string().meta({ description: 'Who did it: a person, a token or replyd' })
const stepName = () => z.string().meta({ description: 'Name of the step' })

export const done = z.object({ ok: z.literal(true).meta({ description: 'It is done' }) }).meta({ id: 'Done' })

export const approved = z
  .object({
    ok: z.literal(true).meta({ description: 'It is approved' }),
    sendsAt: moment().nullable().meta({
      description: 'When it goes out, the end of the undo window; null while the account is paused',
    }),
  })
  .meta({ id: 'Approved' })

export const edited = z
  .object({
    ok: z.literal(true).meta({ description: 'It is saved' }),
    version: z.string().meta({ description: 'Version of the new text' }),
  })
  .meta({ id: 'Edited' })

const explained = {
  reason: z.enum(reasonCodes).meta({ id: 'Reason', description: 'A code; docs/reasons.md lists all' }),
  because: z.string().meta({ description: 'The reason as a sentence' }),
  help: z.string().nullable().meta({ description: 'What the owner can do about it' }),
}

const mailFields = {
  id: z.string().meta({ description: 'Id of the mail and of its reply' }),
  account: z.string().meta({ description: 'Address of the mailbox' }),
  from: z.string().nullable().meta({ description: 'Address of the sender' }),
  fromName: z.string().nullable().meta({ description: 'Name of the sender, as the mail states it' }),
  subject: z.string().nullable().meta({ description: 'Decoded; null if the mail has none' }),
  arrivedAt: moment().meta({ description: 'When the mail server received it' }),
  step: z.string().meta({ description: 'The next step; `done` if there is none' }),
  disposition: z.enum(dispositions).meta({ description: 'Its outcome so far' }),
  ...explained,
  detail: z.string().nullable().meta({ description: 'A number or a word that belongs to the reason' }),
  codes: z.array(z.string()).meta({ description: 'What the rules found in the mail' }),
  verdict: z.looseObject({}).nullable().meta({ description: 'What triage says' }),
}

const holdReasons = z.array(z.object(explained)).meta({ description: 'Why it waits for a person' })
const replyFields = {
  state: z.enum(replyStates).meta({ description: 'The state of the reply' }),
  holdReasons,
  sendAfter: moment().nullable().meta({ description: 'When it goes out; null unless it is approved' }),
}

export const listedMail = z
  .object({
    ...mailFields,
    reply: z.object(replyFields).nullable().meta({ description: 'Null if there is none' }),
  })
  .meta({ id: 'ListedMail' })

export const historyMail = z
  .object({
    ...mailFields,
    reply: z.object(replyFields).nullable().meta({ description: 'Null if there is none' }),
    cost: z.number().meta({ description: 'US dollars' }),
    tokens: count().meta({ description: 'Of all calls to the model for this mail' }),
  })
  .meta({ id: 'HistoryMail' })

export const wholeMail = z
  .object({
    ...mailFields,
    lastError: z.string().nullable().meta({ description: 'Why the step was last postponed' }),
    dueAt: moment().nullable().meta({ description: 'When the step is tried next' }),
    text: z
      .string()
      .nullable()
      .meta({ description: 'Without quotes and signature; null once it is removed' }),
    attachments: z
      .array(
        z.object({
          name: z.string().meta({ description: 'Name of the file, as the mail states it' }),
          type: z.string().meta({ description: 'Media type' }),
          size: count().meta({ description: 'Octets' }),
          reading: z.string().meta({ description: 'What the model was given of it, or why nothing' }),
          text: z.string().nullable().meta({ description: 'What the model was given; null if nothing' }),
        }),
      )
      .meta({ description: 'Files that were read for the model; empty unless `attachments` is switched on' }),
    reply: z
      .object({
        ...replyFields,
        to: z.string().meta({ description: 'The recipients, separated by commas' }),
        addressees: z.array(z.string()).meta({ description: 'The recipients, as a list' }),
        subject: z.string().meta({ description: 'Subject of the reply' }),
        text: z.string().meta({ description: 'As it goes out' }),
        edited: z
          .boolean()
          .meta({ description: 'A person changed the text; claims and sources are about the previous text' }),
        version: z.string().meta({ description: 'Version of this text, for `seen` of a decision' }),
        language: z.string().nullable().meta({ description: 'BCP 47; null if it is not known' }),
        confidence: z.number().nullable().meta({ description: 'Confidence of the model, from 0 to 1' }),
        claims: z.array(z.unknown()).meta({ description: 'What the text states, each with its support' }),
        sources: z.array(z.unknown()).meta({ description: 'Passages that the model was given' }),
        actor: z.string().nullable().meta({ description: 'Who decided last; null if nobody has' }),
      })
      .nullable()
      .meta({ description: 'Null if there is none' }),
    events: z
      .array(z.looseObject({ at: when(), step: stepName(), actor: who() }))
      .meta({ description: 'Each step that was taken' }),
    changes: z
      .array(z.looseObject({ at: when(), actor: who() }))
      .meta({ description: 'What people changed' }),
    calls: z
      .array(
        z.looseObject({
          at: when(),
          step: stepName(),
          model: z.string().meta({ description: 'Name of the model' }),
        }),
      )
      .meta({ description: 'Calls to the model' }),
  })
  .meta({ id: 'Mail' })

export const usage = z
  .object({
    key: z.string().meta({ description: 'Day, account or step' }),
    calls: count().meta({ description: 'Calls to the model' }),
    inputTokens: count().meta({ description: 'Tokens sent to the model' }),
    cachedTokens: count().meta({ description: 'Input tokens that the model had in its cache' }),
    outputTokens: count().meta({ description: 'Tokens that the model wrote' }),
    cost: z.number().meta({ description: 'US dollars' }),
  })
  .meta({ id: 'Usage' })

export const account = z
  .object({
    account: z.string().meta({ description: 'Its address' }),
    paused: z.boolean().meta({ description: 'A person stopped all sending' }),
    pausedBy: z.string().nullable().meta({ description: 'Who paused it' }),
    pausedAt: moment().nullable().meta({ description: 'When it was paused' }),
    stopped: z.string().nullable().meta({ description: 'Why replyd stopped on its own' }),
    sentCopy: z.boolean().nullable().meta({
      description: 'Whether replyd puts a copy of what it sends into Sent; null if that is not known yet',
    }),
  })
  .meta({ id: 'Account' })

export const autonomy = z
  .object({
    account: z.string().meta({ description: 'Address of the mailbox' }),
    category: z.string().meta({ description: 'Its name' }),
    streak: count().meta({ description: 'Drafts in a row that went out without a correction' }),
    needed: count().meta({ description: 'How many it takes before it is offered' }),
    offered: z.boolean().meta({ description: 'A person may grant it now' }),
    granted: z.boolean().meta({ description: 'Its replies are sent automatically' }),
    grantedAt: moment().nullable().meta({ description: 'When it was granted' }),
    grantedBy: z.string().nullable().meta({ description: 'Who granted it' }),
    takenBack: z
      .object({
        reason: z.enum(setbackReasons).meta({ description: 'A code' }),
        at: when(),
        id: z.string().nullable().meta({ description: 'Id of the mail that caused it; null if none did' }),
      })
      .nullable()
      .meta({ description: 'What ended the last grant' }),
  })
  .meta({ id: 'Autonomy' })

const consequences = z.array(z.string()).meta({ description: 'What happens then, in sentences for a person' })

export const autonomyPreview = z
  .object({
    offered: z.boolean().meta({ description: 'A person may grant it now' }),
    consequences,
  })
  .meta({ id: 'AutonomyPreview' })

export const granted = z
  .object({ ok: z.literal(true).meta({ description: 'It is granted' }), consequences })
  .meta({ id: 'Granted' })

export const audited = z
  .object({
    ok: z.boolean().meta({ description: 'Every mailbox could be read, and no mail was missed' }),
    mailboxes: z
      .array(
        z.looseObject({
          account: z.string().meta({ description: 'Its address' }),
          mailbox: z.string().meta({ description: 'Its name on the server' }),
          missed: z.array(z.unknown()).meta({ description: 'Mails that the ledger does not have' }),
        }),
      )
      .meta({ description: 'One for each mailbox that is watched' }),
  })
  .meta({ id: 'Audit' })

export const forgotten = z
  .object({
    mails: count().meta({ description: 'Mails that were forgotten' }),
    replies: count().meta({ description: 'Replies that were forgotten' }),
    closed: count().meta({ description: 'How many of the mails were waiting: nothing is sent for them' }),
    underWay: count().meta({ description: 'Mails whose reply is being sent now: they stay' }),
  })
  .meta({ id: 'Forgotten' })

export const person = z.looseObject({
  id: z.string().meta({ description: 'The name folded to letters and digits' }),
  name: z.string().meta({ description: 'As it was given' }),
  role: z.enum(roles).meta({ description: 'What the person may do' }),
})
const change = z
  .object({
    where: z.string().meta({ description: '`replyd.yaml:7`, or the name of a variable' }),
    key: z.string().meta({ description: 'Key of the setting' }),
    accounts: z.array(z.string()).meta({ description: 'Empty for all' }),
    from: z.string().optional().meta({
      description: 'Only for short values that are not secret; for a mailbox `present` or `absent`',
    }),
    to: z.string().optional().meta({ description: 'Like `from`' }),
  })
  .meta({ id: 'Change' })

export const reloaded = z
  .object({
    changed: z.array(change).meta({ description: 'In use from now on' }),
    refused: z.array(change).meta({ description: 'Needs a restart' }),
  })
  .meta({ id: 'Reloaded' })

export const token = z
  .looseObject({
    name: z.string().meta({ description: 'Name of the token' }),
    scopes: z.array(z.enum(tokenScopes)).meta({ description: 'What it may do' }),
  })
  .meta({ id: 'Token' })

export const newToken = z
  .object({
    name: z.string().meta({ description: 'Name of the token' }),
    scopes: z.array(z.enum(tokenScopes)).meta({ description: 'What it may do' }),
    token: z.string().meta({ description: 'Shown once' }),
  })
  .meta({ id: 'NewToken' })

export const knowledgeFile = z
  .object({
    account: z.string().meta({ description: 'Address of the mailbox' }),
    file: z.string().meta({ description: 'Name in the knowledge folder' }),
    passages: count().meta({ description: 'How many parts can be found' }),
    fault: z.string().nullable().meta({ description: 'Why it is left out; null if it is not' }),
    page: z
      .object({
        url: z.string().meta({ description: 'Address of the page' }),
        readAt: z.string().meta({ description: 'When it was last read' }),
      })
      .optional()
      .meta({ description: 'Only for a web page' }),
  })
  .meta({ id: 'KnowledgeFile' })

export const knowledgeText = z
  .object({
    account: z.string().meta({ description: 'Address of the mailbox' }),
    file: z.string().meta({ description: 'Name in the knowledge folder' }),
    text: z.string().meta({ description: 'The whole file' }),
  })
  .meta({ id: 'KnowledgeText' })

export const fact = z
  .object({
    id: z.string().meta({ description: 'Id of the proposal' }),
    account: z.string().meta({ description: 'Address of the mailbox' }),
    topic: z.string().meta({ description: 'What it is about' }),
    fact: z.string().meta({ description: 'What replies may state' }),
    by: z.string().meta({ description: 'Who proposed it' }),
    at: moment().meta({ description: 'When it was proposed' }),
  })
  .meta({ id: 'Fact' })

export const gap = z
  .object({
    id: z.string().meta({ description: 'Its id, to be given as `gap` of a taught fact' }),
    account: z.string().meta({ description: 'Address of the mailbox' }),
    question: z.string().meta({ description: 'What no source answers' }),
    others: z.array(z.string()).meta({ description: 'Its other wordings' }),
    last: moment().meta({ description: 'When it was last asked' }),
    mails: z
      .array(
        z.looseObject({
          id: z.string().meta({ description: 'Id of the mail' }),
          subject: z.string().nullable().meta({ description: 'Null if the mail has none' }),
          gap: z.string().meta({ description: 'The question in the words of this mail' }),
          waits: z.boolean().meta({ description: 'Its reply waits for a person' }),
          edited: z.boolean().meta({ description: 'A person has changed its draft' }),
        }),
      )
      .meta({ description: 'The mails that asked it' }),
  })
  .meta({ id: 'Gap' })

export const taughtFact = z
  .object({
    id: z.string().meta({ description: 'Id of the fact' }),
    account: z.string().meta({ description: 'Address of the mailbox' }),
    file: z.string().meta({ description: 'Name in the knowledge folder' }),
    question: z.string().meta({ description: 'What it answers' }),
    fact: z.string().meta({ description: 'What replies may state' }),
    by: z.string().meta({ description: 'Who taught it' }),
    at: moment().meta({ description: 'When it was taught' }),
    mails: z.array(z.string()).meta({ description: 'Ids of the mails that asked for it' }),
  })
  .meta({ id: 'TaughtFact' })

export const teaching = z
  .object({
    fact: taughtFact,
    rewritten: z.array(z.string()).meta({ description: 'Ids of mails whose drafts are being written again' }),
    left: z.array(z.string()).meta({ description: 'Ids of mails that a person has edited or decided on' }),
  })
  .meta({ id: 'Teaching' })

export const offer = z
  .object({
    id: z.string().meta({ description: 'Id of the offer' }),
    account: z.string().meta({ description: 'Address of the mailbox' }),
    question: z.string().meta({ description: 'What the fact answers' }),
    fact: z.string().meta({ description: 'What a person wrote into a draft' }),
    personal: z
      .array(
        z.looseObject({
          text: z.string().meta({ description: 'The words' }),
          kind: z.string().meta({ description: 'What they seem to be' }),
        }),
      )
      .meta({ description: 'What may be personal in the fact' }),
    mail: z
      .object({
        id: z.string().meta({ description: 'Id of the mail' }),
        subject: z.string().nullable().meta({ description: 'Null if the mail has none' }),
      })
      .meta({ description: 'The mail whose draft it was' }),
    editedBy: z.string().nullable().meta({ description: 'Who wrote it' }),
    at: moment().meta({ description: 'When it was written' }),
  })
  .meta({ id: 'Offer' })

export const code = z
  .object({
    to: z.string().meta({ description: 'Who gets the reply' }),
    subject: z.string().meta({ description: 'Subject of the reply' }),
    text: z.string().meta({ description: 'Text of the reply' }),
    code: z.string().meta({ description: 'For `seen` of an approval of exactly this text' }),
  })
  .meta({ id: 'ApprovalCode' })
