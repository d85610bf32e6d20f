/**
 * Reads mails in two passes: first header, structure and flags of a batch, then only the text parts. For newly
 * arrived mail the first pass also fetches the beginning of the first part, which usually contains all of the text. A
 * mail that breaks the server or the parser does not affect the others.
 */

import type { FetchMessageObject, FetchQueryObject, ImapFlow } from 'imapflow'
import { reasonOf } from '../base/errors.ts'
import { type Fault, faultOf } from '../mail/fault.ts'
import { firstField, type Part } from '../mail/message.ts'
import { parseFields } from '../mail/mime/header.ts'
import { textPartsOf, unnamedCalendars } from '../mail/mime/structure.ts'
import { cutParts } from '../mail/text/parts.ts'
import { isUnreadable } from './errors.ts'
import { lastingFlags } from './flags.ts'
import { partOf, unknownStructure } from './structure.ts'
import type { Above, Fetched, FetchLimits } from './types.ts'

export type Limits = Pick<FetchLimits, 'maxHeaderOctets' | 'maxTextOctets'>

type Rows = Map<number, FetchMessageObject>

function fetchRows(client: ImapFlow, uids: readonly number[], query: FetchQueryObject): Promise<Rows> {
  const wanted = new Set(uids)
  return fetchRange(client, [...uids], query, (uid) => wanted.has(uid))
}

/**
 * Rows by UID. A flag change by another client shows up as a separate row, with or without UID and without the
 * requested fields; rows of the same mail are merged.
 */
async function fetchRange(
  client: ImapFlow,
  range: string | number[],
  query: FetchQueryObject,
  isWanted: (uid: number) => boolean,
): Promise<Rows> {
  const rows: Rows = new Map()
  for (const row of await client.fetchAll(range, query, { uid: true })) {
    if (!row.uid || !isWanted(row.uid)) continue
    const known = rows.get(row.uid)
    rows.set(row.uid, known ? mergedRow(known, row) : row)
  }
  return rows
}

function mergedRow(first: FetchMessageObject, second: FetchMessageObject): FetchMessageObject {
  const given = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== undefined))
  const bodyParts = new Map([...(first.bodyParts ?? []), ...(second.bodyParts ?? [])])
  return { ...first, ...given, bodyParts }
}

const facts: FetchQueryObject = { uid: true, flags: true, size: true, internalDate: true, threadId: true }

const headerPart = (limits: Limits) => ({ key: 'HEADER', start: 0, maxLength: limits.maxHeaderOctets })

function fetchedFrom(uid: number, row: FetchMessageObject | undefined, fault: Fault | null): Fetched {
  const header = row?.headers ?? Buffer.alloc(0)
  const { internalDate } = row ?? {}
  return {
    uid,
    size: row?.size ?? 0,
    internalDate: internalDate instanceof Date ? internalDate : new Date(0),
    flags: lastingFlags(row?.flags),
    // Only the observer needs it. Reading a mail parses the header again, with the charset of its text.
    get messageId() {
      return firstField({ fields: parseFields(header) }, 'message-id') || null
    },
    header,
    structure: row?.bodyStructure ? partOf(row.bodyStructure) : unknownStructure,
    texts: new Map(),
    emailId: row?.emailId || null,
    threadId: row?.threadId || null,
    vanished: row === undefined && fault === null,
    fault: fault ?? (row && !row.bodyStructure ? faultOf('no-structure') : null),
  }
}

/** Octets of a calendar part that are read: the method is in its first lines. */
const maxCalendarOctets = 4096

/** Octets of one text part that are read at first; nearly all parts are shorter. */
const maxFirstTextOctets = 48 * 1024

/** Sections to read in the second pass, with their maximum octets. */
function wantedSections({ structure }: Fetched, { maxTextOctets }: Limits): Map<string, number> {
  const calendars = unnamedCalendars(structure).map(({ path }) => [path, maxCalendarOctets] as const)
  const most = Math.min(maxFirstTextOctets, maxTextOctets)
  const texts = textPartsOf(structure).map(({ path }) => [path, most] as const)
  return new Map([...calendars, ...texts])
}

/** Second pass: one FETCH for all mails whose text is in the same sections, for sections not read yet. */
async function fetchTexts(client: ImapFlow, mails: readonly Fetched[], limits: Limits): Promise<void> {
  const groups = new Map<string, { sections: [string, number][]; mails: Fetched[] }>()
  for (const mail of mails) {
    if (mail.structure === unknownStructure) continue
    const sections = [...wantedSections(mail, limits)].filter(([section]) => !mail.texts.has(section))
    if (sections.length === 0) continue
    const key = sections.join(' ')
    const group = groups.get(key) ?? { sections, mails: [] }
    group.mails.push(mail)
    groups.set(key, group)
  }
  for (const { sections, mails } of groups.values()) {
    const ask = async (asked: readonly Fetched[]) => {
      const bodyParts = sections.map(([key, maxLength]) => ({ key, start: 0, maxLength }))
      const uids = asked.map((mail) => mail.uid)
      const rows = await fetchRows(client, uids, { uid: true, bodyParts })
      for (const mail of asked) for (const [section, most] of sections) takeText(mail, section, most, rows)
      return rows
    }
    await ask(mails)
    // Some servers answer NIL while their own store is unavailable: only a second NIL is believed.
    const missing = mails.filter((mail) => sections.some(([section]) => !mail.texts.has(section)))
    if (missing.length === 0) continue
    await client.noop()
    const rows = await ask(missing)
    // Moved or deleted since its header was read: it will be found in its new place.
    for (const mail of missing) mail.vanished = !rows.has(mail.uid)
  }
  await readOn(client, mails, limits)
}

/** @param most number of octets requested */
function takeText(mail: Fetched, section: string, most: number, rows: Rows): void {
  const octets = rows.get(mail.uid)?.bodyParts?.get(section.toLowerCase())
  const size = sizeOf(mail.structure, section)
  if (octets ? octets.length > 0 || size === 0 : size === 0)
    keepText(mail, section, octets ?? Buffer.alloc(0), most)
}

/** If fewer octets arrive than requested, the part ends there, regardless of the size that BODYSTRUCTURE states. */
function keepText(mail: Fetched, section: string, octets: Buffer, most: number): void {
  mail.texts.set(section, octets)
  if (octets.length < most) mail.structure = resized(mail.structure, section, octets.length)
}

function sizeOf(part: Part, path: string): number {
  if (part.path === path && part.children.length === 0) return part.size
  return part.children.reduce((found, child) => found + sizeOf(child, path), 0)
}

function resized(part: Part, path: string, size: number): Part {
  if (part.children.length > 0) {
    return { ...part, children: part.children.map((child) => resized(child, path, size)) }
  }
  return part.path === path ? { ...part, size } : part
}

/** Limit for the long texts of a batch together, in octets; nothing more is read beyond it. */
const maxBatchOctets = 32 << 20

/** Reads the rest of texts that are longer than the second pass requests: the question may be at the end. */
async function readOn(client: ImapFlow, mails: readonly Fetched[], limits: Limits): Promise<void> {
  let room = maxBatchOctets
  const isCut = ({ structure, texts }: Fetched) =>
    textPartsOf(structure).some(({ path, size }) => (texts.get(path)?.length ?? size) < size)
  // Compute the visible text only if something is cut.
  for (const mail of mails.filter(isCut)) {
    for (const section of cutParts(mail.structure, mail.texts)) {
      const known = mail.texts.get(section) ?? Buffer.alloc(0)
      const maxLength = Math.min(limits.maxTextOctets, room) - known.length
      if (maxLength <= 0) continue
      const bodyParts = [{ key: section, start: known.length, maxLength }]
      const rows = await fetchRows(client, [mail.uid], { uid: true, bodyParts })
      const rest = rows.get(mail.uid)?.bodyParts?.get(section.toLowerCase())
      if (!rest) continue
      room -= rest.length
      keepText(mail, section, Buffer.concat([known, rest]), known.length + maxLength)
    }
  }
}

/**
 * Reads a batch inside the selected mailbox. One entry per UID, in the order of `uids`.
 * @throws imapflow's error when the batch as a whole can't be read
 */
export async function fetchBatch(
  client: ImapFlow,
  uids: readonly number[],
  limits: Limits,
): Promise<Fetched[]> {
  const query = { ...facts, bodyStructure: true, bodyParts: [headerPart(limits)] }
  const rows = await fetchRows(client, uids, query)
  // A throttling server may omit mails from an OK answer (Microsoft 365): a mail counts as vanished only after a
  // second look.
  const missing = uids.filter((uid) => !rows.has(uid) || !rows.get(uid)?.headers)
  if (missing.length > 0) {
    await client.noop()
    for (const [uid, row] of await fetchRows(client, missing, query)) rows.set(uid, row)
  }
  const mails = uids.map((uid) => fetchedFrom(uid, rows.get(uid), null))
  await fetchTexts(
    client,
    mails.filter((mail) => !mail.vanished),
    limits,
  )
  return mails
}

/** Octets of the first part fetched in advance: more than most people write, negligible next to a 30 MB mail. */
const maxFirstOctets = 8192
/** Every mail has it (RFC 3501 section 6.4.5). */
const first = '1'

/** The first part, if it is text and complete. */
function takeFirstPart(mail: Fetched, row: FetchMessageObject | undefined): void {
  if (mail.structure === unknownStructure) return
  const octets = row?.bodyParts?.get(first)
  const text = textPartsOf(mail.structure).find(({ path }) => path === first)
  if (octets && octets.length > 0 && octets.length === text?.size) mail.texts.set(first, octets)
}

/**
 * Reads every mail above a UID inside the selected mailbox, ascending: for a few that have just arrived. Null when
 * one of `expected` is missing (gone again, or left out of a short answer), or when there are more: the server's
 * UIDNEXT may be outdated. `*` is always the last mail (RFC 3501 section 6.4.8), so one command fetches at
 * most `most + 1` mails and misses none.
 * @throws imapflow's error when they can't be read in one command
 */
export async function fetchAbove(
  client: ImapFlow,
  { last, most, expected }: Above,
  limits: Limits,
): Promise<Fetched[] | null> {
  const firstPart = { key: first, start: 0, maxLength: Math.min(maxFirstOctets, limits.maxTextOctets) }
  const query = { ...facts, bodyStructure: true, bodyParts: [headerPart(limits), firstPart] }
  const rows = await fetchRange(client, `${last + 1}:${last + most},*`, query, (uid) => uid > last)
  const isWhole = [...rows].every(([uid, { headers }]) => uid <= last + most && headers)
  if (!isWhole || expected.some((uid) => !rows.has(uid))) return null
  const mails = [...rows.keys()].sort((a, b) => a - b).map((uid) => fetchedFrom(uid, rows.get(uid), null))
  for (const mail of mails) takeFirstPart(mail, rows.get(mail.uid))
  await fetchTexts(client, mails, limits)
  return mails
}

/**
 * Reads what is possible of a mail that fetchBatch failed on: without its structure, then without its header.
 * @throws imapflow's error when the connection itself is at fault
 */
export async function fetchBare(
  client: ImapFlow,
  uid: number,
  limits: Limits,
  why: unknown,
): Promise<Fetched> {
  const fault = faultOf('fetch-failed', null, reasonOf(why))
  for (const query of [{ ...facts, bodyParts: [headerPart(limits)] }, facts]) {
    try {
      const rows = await fetchRows(client, [uid], query)
      return fetchedFrom(uid, rows.get(uid), rows.has(uid) ? fault : null)
    } catch (error) {
      if (!isUnreadable(error) || !client.usable) throw error
    }
  }
  return fetchedFrom(uid, undefined, fault)
}
