/**
 * The single table of reasons: every code with a sentence for the owner. To add one, add a line in the file of its
 * folder, use it, and run `npm run reference`. The compiler finds missing codes, a test finds unused ones.
 */
import { capitalised, type Disposition, outcomeNow } from './dispositions.ts'
import { deliver, observe, ownerActions, review } from './reasons/delivery.ts'
import { budget, failures } from './reasons/failures.ts'
import { guard } from './reasons/guard.ts'
import { check, compose, decide } from './reasons/reply.ts'
import { receive, triage } from './reasons/triage.ts'

/** A complete sentence about the mail or its reply, and what the owner can do, if anything. */
type Wording = string | { readonly says: string; readonly help: string }

/** In the order of a mail's steps; a code is listed under the folder that uses it first. */
export const reasonsByFolder = {
  ...{ receive, guard, triage, compose, check, decide, deliver, observe, review, failures, budget },
} satisfies Record<string, Record<string, Wording>>

const reasons = {
  ...{ ...receive, ...guard, ...triage, ...compose, ...check, ...decide },
  ...{ ...deliver, ...observe, ...review, ...failures, ...budget },
}

/** Why a mail or a reply is where it is. Stored as this code. */
export type Reason = keyof typeof reasons

export const reasonCodes = Object.keys(reasons) as Reason[]

/** A code of the guard's rules or context. */
export type GuardCode = keyof typeof guard

/** For a code that an older or newer version stored. */
const unknown = 'Another version of replyd decided this.'

function wordingOf(reason: Reason): { says: string; help: string | null } {
  const wording: Wording = Object.hasOwn(reasons, reason) ? reasons[reason] : unknown
  return typeof wording === 'string' ? { says: wording, help: null } : wording
}

/** One sentence for the owner. */
export const sentenceOf = (reason: Reason): string => wordingOf(reason).says

/** What the owner can do; null if nothing. */
export const helpFor = (reason: Reason): string | null => wordingOf(reason).help

/** The sentence without its full stop, for labels and longer lines. */
export const labelOf = (reason: Reason): string => sentenceOf(reason).replace(/\.$/, '')

/** docs/reasons.md. */
export function reasonsReference(): string {
  const rows = (room: Record<string, Wording>) =>
    Object.keys(room).map((code) => {
      const { says, help } = wordingOf(code as Reason)
      return `| \`${code}\` | ${says} | ${help ?? ''} |`
    })
  const sections = Object.entries(reasonsByFolder).flatMap(([name, room]) => [
    `## ${capitalised(name)}\n`,
    ...['| code | what it says | what you can do |', '|---|---|---|', ...rows(room), ''],
  ])
  return [
    '# Reasons\n',
    'Every decision carries one of these reasons. The pages and the command line show the sentence; the store, the log and the API',
    'carry the code. Generated from `src/base/reasons.ts` by `npm run reference`.\n',
    ...sections,
  ].join('\n')
}

/** Outcome and reason of a mail, as two sentences: `Left alone. It is a read receipt.` */
export const decisionWords = (disposition: Disposition, reason: Reason, paused = false): string =>
  `${capitalised(outcomeNow(disposition, paused))}. ${sentenceOf(reason)}`

/** People without a name of their own are named by their role. */
const nameless: Readonly<Record<string, string>> = { owner: 'The owner', reviewer: 'A reviewer' }

/** Who did something, for people: the ledger's `api ann` is somebody who used the API or the command line. */
export const actorName = (actor: string): string => actor.replace(/^api (.+)$/, '$1 via the API')

/** Whether a person decides with it. */
export const isOwnerAction = (reason: Reason): boolean => Object.hasOwn(ownerActions, reason)

/** `Ann Miller rejected it.` Anything that no person did is worded as elsewhere. */
export function ownerActionOf(reason: Reason, actor: string): string {
  if (!isOwnerAction(reason) || actor === 'replyd') return sentenceOf(reason)
  return `${nameless[actor] ?? actorName(actor)} ${ownerActions[reason as keyof typeof ownerActions]}.`
}

/** What is wrong with a claim in a draft; the claim itself follows. */
const claims = {
  number: 'In none of your sources:',
  date: 'In none of your sources:',
  price: 'In none of your sources:',
  link: 'In none of your sources:',
  address: 'In none of your sources:',
  name: 'In none of your sources:',
  product: 'In none of your sources:',
  fault: 'Must not be sent:',
  parroted: 'Repeats:',
  placeholder: 'Placeholder:',
  language: 'Not in the language of the mail:',
  removed: 'Removed from the reply:',
  picture: 'The model saw the picture',
  unread: 'Not read:',
  stranger: 'Warning:',
} as const

export type ClaimKind = keyof typeof claims

export const claimWords = (kind: ClaimKind): string =>
  Object.hasOwn(claims, kind) ? claims[kind] : 'To check:'

/** What ended a grant of automatic sending; follows "Revoked:". */
const setbacks = {
  cancelled: 'a reply was cancelled',
  rejected: 'a reply was rejected',
  edited: 'a reply was corrected',
  'negative-answer': 'the answer to a reply was angry',
} as const

export type SetbackReason = keyof typeof setbacks

export const setbackReasons = Object.keys(setbacks) as SetbackReason[]

export const setbackWords = (reason: SetbackReason): string =>
  Object.hasOwn(setbacks, reason) ? setbacks[reason] : 'a reply went wrong'
