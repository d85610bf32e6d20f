/** The table of transitions as a model: the places that mail and reply can reach, and those that they never may. */
import type { Disposition, ReplyState, Stage } from '../../src/base/dispositions.ts'
import { type Move, moves, type VerbName } from '../../src/store/transitions.ts'

/** Where a mail is, with the state of its reply; null if there is none. */
export interface Place {
  stage: Stage
  disposition: Disposition
  reply: ReplyState | null
}

export type Table = Readonly<Record<VerbName, Move>>
export const verbs = Object.keys(moves) as VerbName[]

export const nameOf = ({ stage, disposition, reply }: Place) => `${stage} ${disposition} ${reply ?? 'none'}`

/** The dispositions that a verb may give; [undefined] for one that moves no mail. */
export const dispositionsOf = (verb: VerbName, table: Table = moves): readonly (Disposition | undefined)[] =>
  table[verb].mail?.as ?? [undefined]

/**
 * The result of a verb at a place. Null if it does not apply.
 * @param as the disposition, if the table allows several
 */
export function after({ mail, reply }: Move, place: Place, as?: Disposition): Place | null {
  const fits =
    !mail || (mail.from.includes(place.stage) && (mail.having?.includes(place.disposition) ?? true))
  if (!fits) return null
  const next = mail ? { ...place, stage: mail.to, disposition: as ?? (mail.as[0] as Disposition) } : place
  if (!reply) return next
  if (place.reply === null) return reply.orNone ? next : null
  if (reply.mailAt && reply.mailAt !== place.stage) return null
  if (reply.from.includes(place.reply)) return { ...next, reply: reply.to ?? place.reply }
  return reply.others?.includes(place.reply) ? next : null
}

const settled: readonly ReplyState[] = ['sent', 'uncertain', 'rejected', 'superseded']

/** The replies that a mail may have at each place; null for no reply. */
export const legal: Readonly<Record<string, readonly (ReplyState | null)[]>> = {
  'guard pending': [null],
  'triage pending': [null, 'composed'],
  'file pending': [null, 'composed'],
  'compose pending': [null, 'composed'],
  'decide pending': ['composed'],
  'deliver pending': ['composed', 'saving'],
  'deliver approved': ['approved', 'sending', 'saving', 'sent'],
  'deliver sent': ['sent'],
  'review held': [null, 'held'],
  'review uncertain': [null, 'composed', 'uncertain'],
  'done duplicate': [null],
  'done declined': [null, 'composed', 'rejected'],
  'done no-reply-needed': [null, 'composed', 'rejected'],
  'done filed': [null, 'composed', 'saved', ...settled],
  'done marked': [null, 'composed', 'saved', ...settled],
  'done restored': [null, 'composed', 'saved', ...settled],
  'done superseded': [null, 'composed', 'superseded', 'rejected'],
  'done drafted': ['saved'],
  'done sent': ['sent'],
  'done sent-by-owner': ['sent'],
  'done rejected': [null, ...settled],
  'done uncertain': [null, 'uncertain', 'rejected'],
}

export const isLegal = ({ stage, disposition, reply }: Place): boolean =>
  legal[`${stage} ${disposition}`]?.includes(reply) ?? false

/** The verbs whose disposition the caller takes from the mail's own: see forget.ts. */
export function follows(verb: VerbName, { disposition }: Place, as: Disposition | undefined): boolean {
  if (verb === 'forget') return as === (disposition === 'uncertain' ? 'uncertain' : 'rejected')
  if (verb === 'forgetDraft') return as === (disposition === 'drafted' ? 'rejected' : disposition)
  return true
}

/** A mail, and the state of the world outside of the store. */
export interface World extends Place {
  /** Whether the final dot was written since the claim, and the server's answer. */
  dot: 'none' | 'yes' | 'no' | 'silence'
  /** How often the server has accepted the reply. */
  taken: number
  /** How often a person has released a sending with unknown outcome. */
  released: number
}

/** Whether the server has accepted more replies than people have asked for. */
export const isTwice = ({ taken, released }: World): boolean => taken > 1 + released

/** Whether a verb for a reply that is being sent is called now, as far as its callers can know. */
function isCalled(verb: VerbName, { reply, dot, taken }: World): boolean {
  if (reply !== 'sending') return true
  // A copy in \\Sent proves the sending, too.
  if (verb === 'markSent') return dot === 'yes' || (dot === 'silence' && taken > 0)
  if (verb === 'giveBack' || verb === 'refuse' || verb === 'startSaving')
    return dot === 'none' || dot === 'no'
  return true
}

/** The final dot is written once for each claim. After silence the reply may or may not have arrived. */
const dots = ({ reply, dot }: World): Act[] =>
  reply !== 'sending' || dot !== 'none'
    ? []
    : [
        { by: 'dot', dot: 'yes', arrives: true },
        { by: 'dot', dot: 'no', arrives: false },
        { by: 'dot', dot: 'silence', arrives: false },
        { by: 'dot', dot: 'silence', arrives: true },
      ]

/** Something that may happen to a mail: a verb with the disposition that it gives, or the server's answer to the final dot. */
export type Act =
  | { by: VerbName; as?: Disposition | undefined }
  | { by: 'dot'; dot: World['dot']; arrives: boolean }

/**
 * The next state of the world.
 * @returns null if the act does not apply
 */
export function acted(world: World, act: Act, table: Table = moves): World | null {
  if (act.by === 'dot') return { ...world, dot: act.dot, taken: world.taken + (act.arrives ? 1 : 0) }
  const { by, as } = act
  const place = after(table[by], bringsText(by, world) ? { ...world, reply: 'composed' } : world, as)
  if (place === null) return null
  const released = world.released + (by === 'holdUncertain' ? 1 : 0)
  return { ...world, ...place, released, dot: by === 'claim' ? 'none' : world.dot }
}

/** Compose stores a reply, and a person writes one if there is none. */
const bringsText = (by: VerbName, { stage, reply }: World) =>
  (by === 'storeReply' && stage === 'compose') ||
  (by === 'writeByHand' && stage === 'review' && reply === null)

/** All acts that may be called, whether they apply or not. */
export const callable = (world: World, table: Table = moves): Act[] => [
  ...verbs
    .filter((verb) => isCalled(verb, world))
    .flatMap((by) =>
      dispositionsOf(by, table)
        .filter((as) => follows(by, world, as))
        .map((as) => ({ by, as })),
    ),
  ...dots(world),
]

const untouched = { reply: null, dot: 'none', taken: 0, released: 0 } as const
/** Where a mail is when it arrives. */
export const arrived: readonly World[] = [
  { stage: 'guard', disposition: 'pending', ...untouched },
  { stage: 'done', disposition: 'duplicate', ...untouched },
  { stage: 'done', disposition: 'declined', ...untouched },
]

/** A person may release a sending any number of times; more than this leads to nothing new. */
const mostReleased = 2

const keyOf = (world: World) => `${nameOf(world)} ${world.dot} ${world.taken} ${world.released}`

export interface Explored {
  worlds: World[]
  /** Verbs that applied at least once. */
  used: ReadonlySet<string>
  /** The first forbidden place, and the verbs that led there. */
  fault: { place: string; taken: number; path: string[] } | null
}

/** Every reachable world, nearest first; stops at the first forbidden one. */
export function explore(table: Table = moves): Explored {
  const found = new Map(arrived.map((world) => [keyOf(world), { world, path: [] as string[] }]))
  const used = new Set<string>()
  const worlds: World[] = []
  for (const { world, path } of found.values()) {
    worlds.push(world)
    if (!isLegal(world) || isTwice(world))
      return { worlds, used, fault: { place: nameOf(world), taken: world.taken, path } }
    for (const act of callable(world, table)) {
      const next = acted(world, act, table)
      if (next === null) continue
      used.add(act.by)
      if (next.released > mostReleased || found.has(keyOf(next))) continue
      found.set(keyOf(next), { world: next, path: [...path, act.by] })
    }
  }
  return { worlds, used, fault: null }
}
