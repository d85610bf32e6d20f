/** What the owner's own systems say about a mail (`lookups`), for its author alone. */
import type { Reason } from '../base/reasons.ts'
import { neededVerdict } from '../base/verdicts.ts'
import type { Arrival } from '../context.ts'
import { lookupPassages, lookupPerson, lookupsLeft } from '../knowledge/lookups/passages.ts'
import { correspondents } from '../mail/correspondents.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { PromptPassage } from '../model/prompts/messages.ts'
import { provenByServer, provenBySignature } from './author.ts'

interface LiveFacts {
  passages: PromptPassage[]
  /** Why a person has to answer instead; null if the model may write. */
  person: { reason: Reason; detail: string } | null
  /** What was not looked up, in words. */
  left: string[]
}

/** @param addressees recipients of the reply @throws errors of IMAP, when the signatures have to be checked */
export async function liveFacts(arrival: Arrival, addressees: readonly string[]): Promise<LiveFacts> {
  const { context, account, mail } = arrival
  if (!account.lookups) return { passages: [], person: null, left: [] }
  const { asks, category } = neededVerdict(mail.row.verdict)
  const { text, quoted } = visibleText(mail.message)
  const words = { subject: mail.row.subject ?? '', visible: text, quoted, asks: asks ?? [], category }
  const results = await account.lookups.find(words, () => provenAuthor(arrival, addressees))
  const person = lookupPerson(results)
  return {
    passages: lookupPassages(results, context.config.budget.timeZone),
    // The person who asked for a rewrite reads it before it is used.
    person: mail.row.instruction === null ? person : null,
    left: lookupsLeft(results),
  }
}

/** The author, if they are proven and the reply goes to nobody else; otherwise null. */
async function provenAuthor(
  { context, account, mail }: Arrival,
  addressees: readonly string[],
): Promise<string | null> {
  const author = mail.row.fromAddress
  const { authors } = correspondents(mail.message, account.settings.owner)
  if (author === null || authors.length !== 1 || addressees.some((address) => address !== author)) return null
  const proof = provenByServer(account, mail) ?? (await provenBySignature(context, account, mail))
  return proof.proven ? author : null
}
