/** What the owner's edits of earlier drafts teach: short pairs of before and after, with personal details removed. */
import { diffArrays } from 'diff'
import { checkClaims } from '../check/claims.ts'
import { editShare } from '../mail/text/edits.ts'
import type { Correction } from '../model/prompts/messages.ts'

interface EditedReply {
  draftText: string
  text: string
  /** Names and addresses of the correspondent, and what was looked up for them; removed everywhere. */
  correspondent: readonly string[]
}

/** Maximum given to the model. */
const mostCorrections = 3
/** UTF-16 units of each side. */
const longest = 180
/**
 * Below it nothing was corrected; above it the text was replaced, which shows what the owner wanted but not what was
 * wrong.
 */
const meaningful = { from: 0.05, to: 0.8 }

/**
 * @param replies newest first
 * @param known what may be named: the owner's own names and reference texts
 */
export function correctionsOf(replies: readonly EditedReply[], known: readonly string[]): Correction[] {
  const found: Correction[] = []
  for (const { draftText, text, correspondent } of replies) {
    if (found.length === mostCorrections) break
    const share = editShare(draftText, text)
    if (share < meaningful.from || share > meaningful.to) continue
    const change = largestChange(draftText, text)
    const redact = (part: string) => redacted(part, correspondent, known)
    const [draft, sent] = [redact(change.draft), redact(change.sent)]
    if (draft !== sent && saysSomething(draft) + saysSomething(sent) > 0) found.push({ draft, sent })
  }
  return found
}

const saysSomething = (part: string) => ((part.match(/\p{L}{2,}/gu)?.length ?? 0) >= 2 ? 1 : 0)

const sentences = (text: string) =>
  text
    .split(/(?<=[.!?。！？])\s+|(?<=[。！？])|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')

/** The sentences replaced, inserted or removed in one place; of several places, the one with the most text. */
function largestChange(before: string, after: string): Correction {
  let largest: Correction = { draft: '', sent: '' }
  let open: Correction = { draft: '', sent: '' }
  const size = ({ draft, sent }: Correction) => draft.length + sent.length
  for (const { added, removed, value } of diffArrays(sentences(before), sentences(after))) {
    if (!added && !removed) open = { draft: '', sent: '' }
    else if (removed) open = { ...open, draft: `${open.draft} ${value.join(' ')}`.trim() }
    else open = { ...open, sent: `${open.sent} ${value.join(' ')}`.trim() }
    if (size(open) > size(largest)) largest = open
  }
  return largest
}

/**
 * Links, addresses, anything with a figure, and names become `…`: a fragment shows the manner, and may be from
 * another customer's mail.
 */
function redacted(part: string, correspondent: readonly string[], known: readonly string[]): string {
  const names = new Set(
    correspondent.flatMap((name) => name.toLowerCase().match(/\p{L}[\p{L}\p{M}'’-]+/gu) ?? []),
  )
  let text = part
    .replace(/\S*(?:@|:\/\/|www\.)\S*/gi, '…')
    .replace(/[^\s]*\p{N}[^\s]*/gu, '…')
    .replace(/\p{L}[\p{L}\p{M}'’-]+/gu, (word) => (names.has(word.toLowerCase()) ? '…' : word))
  for (const { claim } of checkClaims(text, known)) text = text.replaceAll(claim, '…')
  const merged = text.replace(/…(?:[\s,]*…)+/g, '…').replace(/\s+/g, ' ')
  return merged.length <= longest ? merged : `${merged.slice(0, longest).replace(/\s+\S*$/u, '')} …`
}
