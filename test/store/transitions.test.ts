/** The table of transitions: what can never happen, whoever calls which verb when. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ReplyState } from '../../src/base/dispositions.ts'
import { after, moves, type Place, type VerbName } from '../../src/store/transitions.ts'

const verbs = Object.keys(moves) as VerbName[]

/** Verbs that change a reply in that state. */
const outOf = (state: ReplyState) =>
  verbs.filter((verb) => {
    const rule = moves[verb] as { reply?: { from: readonly string[]; to?: string | null } }
    return rule.reply?.from.includes(state) && rule.reply.to !== null
  })
const into = (state: ReplyState) =>
  verbs.filter((verb) => (moves[verb] as { reply?: { to?: string } }).reply?.to === state)

describe('never twice', () => {
  test('a reply begins to be sent by the claim alone, and only when it is approved', () => {
    expect(into('sending')).toEqual(['claim'])
    expect(moves.claim.reply.from).toEqual(['approved'])
  })
  test('a reply that is being sent is left alone by all but those who know what became of it', () => {
    expect(outOf('sending')).toEqual(['giveBack', 'markSent', 'refuse', 'doubt', 'startSaving'])
  })
  test('nothing leads out of sent', () => {
    expect(outOf('sent')).toEqual([])
  })
  test('out of uncertain leads only what a person says or what is found in a mailbox', () => {
    expect(outOf('uncertain')).toEqual(['confirmSent', 'holdUncertain', 'answeredElsewhere'])
  })
  test('a reply is approved by the policy, by a person, or when the server has not taken it', () => {
    expect(into('approved')).toEqual(['schedule', 'giveBack', 'approve'])
    expect(moves.approve.reply.from).toEqual(['held', 'saved'])
    expect(moves.schedule.reply.from).toEqual(['composed'])
  })
})

const settled = ['sent', 'uncertain', 'rejected', 'superseded']
/** The replies that a mail may have at each place; `none` for no reply. */
const legal: Record<string, readonly string[]> = {
  'guard pending': ['none'],
  'triage pending': ['none', 'composed'],
  'file pending': ['none', 'composed'],
  'compose pending': ['none', 'composed'],
  'decide pending': ['composed'],
  'deliver pending': ['composed', 'saving'],
  'deliver approved': ['approved', 'sending', 'saving', 'sent'],
  'deliver sent': ['sent'],
  'review held': ['none', 'held'],
  'review uncertain': ['none', 'composed', 'uncertain'],
  'done declined': ['none', 'composed', 'rejected'],
  'done no-reply-needed': ['none', 'composed', 'rejected'],
  'done filed': ['none', 'composed', 'saved', ...settled],
  'done marked': ['none', 'composed', 'saved', ...settled],
  'done restored': ['none', 'composed', 'saved', ...settled],
  'done superseded': ['none', 'composed', 'superseded', 'rejected'],
  'done drafted': ['saved'],
  'done sent': ['sent'],
  'done sent-by-owner': ['sent'],
  'done rejected': ['none', ...settled],
  'done uncertain': ['none', 'uncertain', 'rejected'],
}

interface World {
  place: Place
  /** The final dot was written since the claim, and what the server said to it. */
  dot: 'none' | 'yes' | 'no' | 'silence'
  /** Mails that the server has taken. */
  taken: number
  /** Times that a person has said, of a sending nobody knew the end of, that it is to wait again. */
  released: number
}

/** Whether those who call a verb of the sending call it now: they go by what they know. */
function isCalled(verb: VerbName, { place, dot, taken }: World): boolean {
  if (place.reply !== 'sending') return true
  // A copy in \Sent proves it, too.
  if (verb === 'markSent') return dot === 'yes' || (dot === 'silence' && taken > 0)
  if (verb === 'giveBack' || verb === 'refuse' || verb === 'startSaving')
    return dot === 'none' || dot === 'no'
  return true
}

type Act = { verb: VerbName; as: number } | { dot: 'yes' | 'no' | 'silence'; arrives: boolean }

function act(world: World, one: Act): World {
  const { place } = world
  if ('dot' in one) {
    if (place.reply !== 'sending' || world.dot !== 'none') return world
    const arrives = one.dot === 'yes' || (one.dot === 'silence' && one.arrives)
    return { ...world, dot: one.dot, taken: world.taken + (arrives ? 1 : 0) }
  }
  if (!isCalled(one.verb, world)) return world
  const as = (moves[one.verb] as { mail?: { as: readonly Place['disposition'][] } }).mail?.as
  const next = after(one.verb, place, as?.[one.as % as.length])
  if (next === null) return world
  // What brings a text is the step's own statement.
  const released = world.released + (one.verb === 'holdUncertain' ? 1 : 0)
  return { ...world, place: next, released, dot: one.verb === 'claim' ? 'none' : world.dot }
}

/** `compose` and a person put a reply where none was. */
function written(world: World): World {
  const { place } = world
  const writes = place.reply === null && (place.stage === 'compose' || place.disposition === 'held')
  if (!writes) return world
  const next = after(place.stage === 'compose' ? 'storeReply' : 'writeByHand', {
    ...place,
    reply: 'composed',
  })
  return next === null ? world : { ...world, place: next }
}

/** Verbs whose disposition follows from the mail's own. */
function follows(verb: VerbName, { disposition }: Place, as: number): number {
  if (verb === 'forget') return disposition === 'uncertain' ? 1 : 0
  if (verb === 'forgetDraft')
    return Math.max(0, ['drafted', 'filed', 'marked', 'restored'].indexOf(disposition))
  return as
}

test('whoever calls which verb when, no mail and reply come to a state that is none, and nothing is sent twice', () => {
  const anAct = fc.oneof(
    { weight: 6, arbitrary: fc.record({ verb: fc.constantFrom(...verbs), as: fc.nat(4) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        dot: fc.constantFrom('yes' as const, 'no' as const, 'silence' as const),
        arrives: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.constant('write' as const) },
  )
  const began: World = {
    place: { stage: 'guard', disposition: 'pending', reply: null },
    ...{ dot: 'none', taken: 0, released: 0 },
  }
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(anAct, { maxLength: 400, minLength: 100 }), (acts) => {
      let world = began
      for (const one of acts) {
        if (one === 'write') world = written(world)
        else if ('verb' in one) world = act(world, { ...one, as: follows(one.verb, world.place, one.as) })
        else world = act(world, one)
        const { stage, disposition, reply } = world.place
        seen.add(`${stage} ${disposition} ${reply ?? 'none'}`)
        expect([`${stage} ${disposition}`, legal[`${stage} ${disposition}`]]).toEqual([
          `${stage} ${disposition}`,
          expect.arrayContaining([reply ?? 'none']),
        ])
        expect(world.taken).toBeLessThanOrEqual(1 + world.released)
      }
    }),
    { numRuns: 1500 },
  )
  // The walk has been where it matters.
  for (const place of [
    'deliver approved sending',
    'done sent sent',
    'review uncertain uncertain',
    'done drafted saved',
  ])
    expect([place, seen.has(place)]).toEqual([place, true])
})

test('no other file says where a mail or a reply goes from and to', () => {
  const root = join(import.meta.dirname, '../../src')
  const states = [
    ...new Set(
      Object.values(moves).flatMap((each) => JSON.stringify(each).match(/"[a-z-]+"(?=[,\]}])/g) ?? []),
    ),
  ].map((quoted) => quoted.slice(1, -1))
  const literal = new RegExp(`\\b(?:from|to): \\[?'(?:${states.join('|')})'`)
  const statement =
    /update replyd\.(?:message|reply)\b[^`]*?\bset(?:(?!\bwhere\b|\bfrom\b)[^`])*\b(?:step|state|disposition) =/
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/store\/(?:transitions|moves|migrations)\.ts$/.test(path))
    .filter((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return literal.test(text) || statement.test(text)
    })
  expect(states).toEqual(expect.arrayContaining(['approved', 'sending', 'deliver', 'review']))
  expect(found).toEqual([])
})
