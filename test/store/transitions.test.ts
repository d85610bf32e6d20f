/**
 * Reads the table of transitions the other way: what may happen to a mail and to a reply at each place, and what
 * never may.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type ReplyState, replyStates } from '../../src/base/dispositions.ts'
import { type Move, moves, type VerbName } from '../../src/store/transitions.ts'
import { explore, legal, type Table, verbs } from './places.ts'

const rules: Table = moves
const verbsThat = (applies: (rule: Move) => unknown) =>
  verbs
    .filter((verb) => applies(rules[verb]))
    .sort()
    .join(' ')

/** By place of the mail: the verbs that may move it. */
const leadOut: Record<string, string> = {
  'guard pending': 'admit decline forget putIntoJunk setAside',
  'triage pending': 'askPerson callSpam decline forget giveUp leaveUnanswered putIntoJunk wantReply withdraw',
  'file pending': 'finishFiling forget giveUp giveUpUnconfirmed',
  'compose pending': 'askPerson forget giveUp putIntoJunk storeReply withdraw',
  'decide pending': 'chooseDraft forget giveUp hold putIntoJunk schedule withdraw',
  'deliver pending':
    'doubt finishSent forget giveUp holdAgain holdRestored markSaved putIntoJunk refuse supersede withdraw',
  'deliver approved':
    'doubt finishSent forget giveUp holdAgain holdRestored markSaved putIntoJunk refuse supersede undo undoToDraft withdraw',
  'deliver sent':
    'doubt finishSent forget giveUp holdAgain holdRestored markSaved putIntoJunk refuse supersede',
  'review held':
    'answeredElsewhere approve edit forget putIntoJunk readAgain refuseDraft reject rewrite sentByOwner withdraw writeByHand',
  'review uncertain': 'answeredElsewhere confirmSent forget holdUncertain putIntoJunk',
  'done duplicate': 'judgeCopy putIntoJunk',
  'done declined': 'putIntoJunk readAgain rewrite',
  'done no-reply-needed': 'putIntoJunk readAgain rewrite',
  'done filed': 'forgetDraft putIntoJunk takeOutOfJunk undoJunk',
  'done marked': 'forgetDraft putIntoJunk readAgain rewrite takeOutOfJunk undoJunk',
  'done restored': 'forgetDraft putIntoJunk readAgain rewrite undoJunk',
  'done superseded': 'putIntoJunk',
  'done drafted':
    'approve discardDraft editDraft forgetDraft putIntoJunk readAgain refuseDraft reject rewrite sentByOwner withdraw',
  'done sent': 'putIntoJunk',
  'done sent-by-owner': 'putIntoJunk',
  'done rejected': 'putIntoJunk reopen reopenDraft',
  'done uncertain': 'putIntoJunk',
}

/** By state of the reply: the verbs that may change it. */
const change: Record<ReplyState, string> = {
  composed:
    'answeredElsewhere askPerson chooseDraft forget giveUp hold putIntoJunk schedule startSaving supersede withdraw writeByHand',
  held: 'answeredElsewhere approve edit forget giveUp noteEdit putIntoJunk readAgain refuseDraft reject rewrite sentByOwner withdraw',
  approved:
    'claim forget giveUp holdAgain holdRestored putIntoJunk startSaving supersede undo undoToDraft withdraw',
  sending: 'doubt giveBack markSent refuse startSaving',
  sent: '',
  saving: 'giveUp markSaved startSaving supersede',
  saved:
    'approve discardDraft editDraft forget forgetDraft noteEdit readAgain refuseDraft reject rewrite sentByOwner withdraw',
  rejected: 'reopen reopenDraft undoJunk',
  superseded: '',
  uncertain: 'answeredElsewhere confirmSent holdUncertain',
}

test('every place of a mail has its verbs written down', () => {
  expect(Object.keys(leadOut)).toEqual(Object.keys(legal))
})

test.each(Object.entries(leadOut))('only these verbs lead out of %s', (place, expected) => {
  const [stage, disposition] = place.split(' ')
  const applies = ({ mail }: Move) =>
    mail?.from.some((from) => from === stage) &&
    (mail.having?.some((having) => having === disposition) ?? true)
  expect(verbsThat(applies)).toBe(expected)
})

test.each(Object.entries(change))(
  'a reply that is %s is changed by these verbs and no others',
  (state, expected) => {
    const applies = ({ reply }: Move) => reply?.to !== null && reply?.from.some((from) => from === state)
    expect(verbsThat(applies)).toBe(expected)
  },
)

test('no verb names a stage or a disposition at which no mail can be', () => {
  const places = Object.keys(legal).map((place) => place.split(' '))
  const vain = verbs.flatMap((verb) => {
    const { from = [], having } = rules[verb].mail ?? {}
    const meets = (stage: string, disposition: string) =>
      places.some((place) => place[0] === stage && place[1] === disposition)
    const stages = from.filter((stage) => having?.every((each) => !meets(stage, each)))
    const dispositions = having?.filter((each) => from.every((stage) => !meets(stage, each))) ?? []
    return [...stages, ...dispositions].map((word) => `${verb} ${word}`)
  })
  expect(vain).toEqual([])
})

test('these verbs need no reply', () => {
  expect(verbsThat(({ reply }) => reply?.orNone)).toBe(
    'answeredElsewhere askPerson forget giveUp putIntoJunk readAgain reject reopen rewrite undoJunk',
  )
})

test('these verbs look at the reply, leave some replies alone, or ask where the mail is', () => {
  expect(verbsThat(({ reply }) => reply?.to === null)).toBe('finishSent storeReply')
  expect(rules.finishSent.reply?.from).toEqual(['sent'])
  expect(rules.storeReply.reply?.from).toEqual(['composed'])
  expect(verbsThat(({ reply }) => reply?.others)).toBe('forget giveUp putIntoJunk')
  expect(verbsThat(({ reply }) => reply?.mailAt)).toBe('startSaving')
})

test('these verbs leave the reply alone, and these the mail', () => {
  expect(verbsThat(({ reply }) => !reply)).toBe(
    'admit callSpam decline finishFiling giveUpUnconfirmed judgeCopy leaveUnanswered setAside takeOutOfJunk wantReply',
  )
  expect(verbsThat(({ mail }) => !mail)).toBe('claim giveBack markSent noteEdit startSaving')
})

describe('never twice', () => {
  const into = (state: ReplyState) => verbsThat(({ reply }) => reply?.to === state)

  test('only the claim starts the sending of a reply, and only when it is approved', () => {
    expect(into('sending')).toBe('claim')
    expect(moves.claim.reply.from).toEqual(['approved'])
  })
  test('a reply is approved by the policy, by a person, or when the server has not taken it', () => {
    expect(into('approved')).toBe('approve giveBack schedule')
    expect(moves.approve.reply.from).toEqual(['held', 'saved'])
    expect(moves.schedule.reply.from).toEqual(['composed'])
  })
  test('nothing leads back from sent', () => {
    expect(verbsThat(({ reply }) => reply?.from.includes('sent') && reply.to !== null)).toBe('')
  })
})

test('no sequence of calls leads to a forbidden place, and the server takes no reply twice', () => {
  const { worlds, used, fault } = explore()
  expect(fault).toBeNull()
  // No entry of the table is unused.
  expect(verbs.filter((verb) => !used.has(verb))).toEqual([])
  expect(new Set(worlds.map(({ reply }) => reply))).toEqual(new Set([null, ...replyStates]))
})

/** One guard removed from the table, or one state added. */
const mutations: Record<string, [VerbName, Move]> = {
  'a claim of what is being sent': ['claim', { reply: { from: ['approved', 'sending'], to: 'sending' } }],
  'a claim of what was sent': ['claim', { reply: { from: ['approved', 'sent'], to: 'sending' } }],
  'a claim of what is uncertain': ['claim', { reply: { from: ['approved', 'uncertain'], to: 'sending' } }],
  'a claim of what waits for a person': ['claim', { reply: { from: ['approved', 'held'], to: 'sending' } }],
  'an undo of what is being sent': [
    'undo',
    { mail: moves.undo.mail, reply: { from: ['approved', 'sending'], to: 'held' } },
  ],
  'giving up whatever the reply is': [
    'giveUp',
    { mail: moves.giveUp.mail, reply: { from: replyStates, to: 'held', orNone: true } },
  ],
  'giving up without the reply': ['giveUp', { mail: moves.giveUp.mail }],
  'saving a draft of a mail that is elsewhere': [
    'startSaving',
    { reply: { from: moves.startSaving.reply.from, to: 'saving' } },
  ],
  'an answer of the owner while it is being sent': [
    'answeredElsewhere',
    { mail: { ...moves.answeredElsewhere.mail, from: ['review', 'deliver'] } },
  ],
  'a rejected mail with an open reply': ['reject', { mail: moves.reject.mail }],
  'a reopened mail with a rejected reply': ['reopen', { mail: moves.reopen.mail }],
  'junk taken back with a rejected reply': ['undoJunk', { mail: moves.undoJunk.mail }],
  'holding after a restore what is being sent': [
    'holdRestored',
    { mail: moves.holdRestored.mail, reply: { from: ['approved', 'sending'], to: 'held' } },
  ],
  'junk with an open reply': ['putIntoJunk', { mail: moves.putIntoJunk.mail }],
  'a forgotten mail with an open reply': ['forget', { mail: moves.forget.mail }],
}

test.each(Object.entries(mutations))('the walk finds %s', (_name, [verb, rule]) => {
  expect(explore({ ...rules, [verb]: rule }).fault).not.toBeNull()
})

test('no other file defines transitions of a mail or a reply', () => {
  const root = join(import.meta.dirname, '../../src')
  const states = [
    ...new Set(
      Object.values(moves).flatMap((each) => JSON.stringify(each).match(/"[a-z-]+"(?=[,\]}])/g) ?? []),
    ),
  ].map((quoted) => quoted.slice(1, -1))
  const literal = new RegExp(`\\b(?:from|to): \\[?'(?:${states.join('|')})'`)
  const statement =
    /(?:update replyd\.(?:message|reply)|on conflict \(id\) do update)\b[^`]*?\bset(?:(?!\bwhere\b|\bfrom\b)[^`])*\b(?:step|state|disposition) =/
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        /\.tsx?$/.test(path) && !/store\/(?:transitions|moves|move-statements|migrations)\.ts$/.test(path),
    )
    .filter((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return literal.test(text) || statement.test(text)
    })
  expect(states).toEqual(expect.arrayContaining(['approved', 'sending', 'deliver', 'review']))
  expect(found).toEqual([])
})
