/** Who may log in under a name of their own, and what they may do. */

import { hashPassword } from '../config/password.ts'
import { plainLine } from '../mail/address.ts'
import { inLatin } from '../mail/text/deceptive.ts'
import {
  addPerson,
  changePerson,
  listPeople,
  type Person,
  type PersonRole,
  removePerson,
} from '../store/people.ts'
import type { Queryable } from '../store/queryable.ts'
import { Refusal } from './review.ts'

/** Letters and digits alone: names that look alike are one name. */
export const foldedName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase()

/** The program's own names in the ledger, and the characters that can be mistaken for their letters. */
const ownNames = ['replyd', 'owner', 'api', 'system', 'model', 'daemon']
const readAs: Record<string, string> = {
  a: 'a|4',
  e: 'e|3',
  i: 'i|1',
  l: 'l|I|1',
  m: 'm|rn',
  o: 'o|0',
  s: 's|5',
  w: 'w|vv',
}
/** A Latin letter other than a to z (`ʀ`, `ł`) may be mistaken for any letter. */
const anyLatin = '(?![A-Za-z])\\p{Script=Latin}'
const lookAlike = ownNames
  .map((name) => [...name].map((letter) => `(?:${readAs[letter] ?? letter}|${anyLatin})`).join(''))
  .join('|')
const startsAsOwn = new RegExp(`^(?:${lookAlike})`, 'iu')

/** Whether a name in one script reads as one of the program's own. */
function readsAsOwn(name: string): boolean {
  const letters = name.normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, '')
  if (/\p{Script=Latin}/u.test(letters) || !/\p{L}/u.test(letters)) return startsAsOwn.test(letters)
  // Whole words only: people's names in other scripts begin with such letters, too.
  const first = foldedName(name.trim().split(/[\s\p{P}]/u, 1)[0] ?? '')
  return [foldedName(name), first].some((word) => ownNames.includes(inLatin(word)))
}

/**
 * The name under which a logged-in person decides; null for one that could be mistaken for the program's own in the
 * ledger (`replyd`, `owner`, `api …`), in any script.
 */
export function reviewerName(written: string): string | null {
  const name = plainLine(written).slice(0, 60)
  const folded = foldedName(name)
  if (name === '') return 'reviewer'
  const isLatin = !/[^\p{Script=Latin}\p{N}]/u.test(folded) || !/\p{Script=Latin}/u.test(folded)
  return readsAsOwn(name) || !isLatin ? null : name
}

/** Characters of a password, as for `web.password`. */
export const passwordLength = { least: 8, most: 200 }

/** The hash to keep. @throws Refusal for a password that is too short or too long */
export function checkedHash(password: string): string {
  if (password.length < passwordLength.least || password.length > passwordLength.most)
    throw new Refusal('unfit-password')
  return hashPassword(password)
}

/**
 * @param hasLogin there is a password of the page; without one everybody on this machine is the owner
 * @throws Refusal for a name that is taken or can't be used, a short password, or a page without a password
 */
export async function add(
  db: Queryable,
  { name, role, password }: { name: string; role: PersonRole; password: string },
  { hasLogin, actor, now }: { hasLogin: boolean; actor: string; now: Date },
): Promise<Person> {
  if (!hasLogin) throw new Refusal('no-login')
  const [shown, id] = [reviewerName(name), foldedName(name)]
  if (shown === null || id === '' || id === 'reviewer') throw new Refusal('unfit-name')
  const person = { id, name: shown, role, addedBy: actor, addedAt: now }
  if (!(await addPerson(db, { ...person, passwordHash: checkedHash(password) })))
    throw new Refusal('name-taken')
  return person
}

/** @param name in any spelling @throws Refusal when nobody has that name */
export async function changeRole(db: Queryable, name: string, role: PersonRole): Promise<void> {
  if (!(await changePerson(db, foldedName(name), { role }))) throw new Refusal('unknown-person')
}

/** Ends that person's sessions. @throws Refusal when nobody has that name, or for a short password */
export async function changePassword(db: Queryable, name: string, password: string): Promise<void> {
  if (!(await changePerson(db, foldedName(name), { passwordHash: checkedHash(password) })))
    throw new Refusal('unknown-person')
}

/** Ends that person's sessions; their decisions stay in the ledger. @throws Refusal when nobody has that name */
export async function remove(db: Queryable, name: string): Promise<void> {
  if (!(await removePerson(db, foldedName(name)))) throw new Refusal('unknown-person')
}

export { listPeople }
