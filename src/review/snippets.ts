/** Saved texts: those made on the page, and the saved replies of the configuration. */
import { inserted } from '../compose/saved-reply.ts'
import type { AccountSettings } from '../config/settings.ts'
import { plainLine } from '../mail/address.ts'
import { listSnippets, removeSnippet, saveSnippet } from '../store/snippets.ts'
import { foldedName } from './people.ts'
import { Refusal, type Review } from './review.ts'

/** Characters of a name and of a text, and the number of texts. */
export const snippetLimits = { name: 60, text: 8_000, texts: 200 } as const

export interface Insertable {
  name: string
  /** With the names filled in, as far as they are known. */
  text: string
}

/** What can be inserted into a reply of this account to this person. */
export async function insertables(
  { context: { db } }: Pick<Review, 'context'>,
  { answers, owner }: Pick<AccountSettings, 'answers' | 'owner'>,
  fromName: string | null,
): Promise<Insertable[]> {
  const names = { fromName, owner: owner.displayName }
  return [...(await listSnippets(db)), ...answers].map(({ name, text }) => ({
    name,
    text: inserted(text, names),
  }))
}

/** @throws Refusal when a name or a text is empty or too long, or there are too many */
export async function keepText(
  { context: { db, clock } }: Pick<Review, 'context'>,
  { name: written, text }: { name: string; text: string },
  actor: string,
): Promise<void> {
  const name = plainLine(written)
  const id = foldedName(name)
  const kept = text.replaceAll('\r\n', '\n').trim()
  const fits =
    id !== '' && name.length <= snippetLimits.name && kept !== '' && kept.length <= snippetLimits.text
  if (!fits) throw new Refusal('unfit-snippet')
  const known = await listSnippets(db)
  if (known.length >= snippetLimits.texts && !known.some((each) => each.id === id))
    throw new Refusal('unfit-snippet')
  await saveSnippet(db, { id, name, text: kept, actor, at: clock.now() })
}

export async function dropText({ context: { db } }: Pick<Review, 'context'>, id: string): Promise<void> {
  await removeSnippet(db, id)
}
