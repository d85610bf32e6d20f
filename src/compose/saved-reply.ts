/**
 * Saved replies (`answers`): the owner's own words for questions that always get the same answer. The model is not
 * asked to write, and the reply is checked like any other.
 */
import type { Composed } from '../base/verdicts.ts'
import { hasContact } from '../check/claims.ts'
import type { AccountSettings, AnswerSettings } from '../config/settings.ts'
import { matchesText } from '../knowledge/lookups/matches.ts'
import { foldTerm, tokenize } from '../knowledge/tokens.ts'
import type { PromptPassage } from '../model/prompts/messages.ts'
import type { MailToAnswer } from './draft-check.ts'
import { primary, type Sources } from './sources.ts'

export interface SavedReply {
  composed: Composed
  /** The owner's text, as the source of the reply. */
  passage: PromptPassage
}

/** A longer mail says more than its questions. Characters. */
const longestMail = 4_000

/**
 * The first saved reply that fits; null if the model has to write. It fits if it has the mail's category and language,
 * and answers every question that triage found. A person who asked for a rewrite wants another text, and no
 * correspondent gets the same text twice.
 */
export function savedReply(
  { answers, owner }: Pick<AccountSettings, 'answers' | 'owner'>,
  { row }: Pick<MailToAnswer, 'row'>,
  { category, language, asks }: { category: string; language: string; asks: readonly string[] },
  sources: Pick<Sources, 'thread' | 'earlier' | 'visible'>,
): SavedReply | null {
  if (row.instruction !== null || asks.length === 0 || sources.visible.length > longestMail) return null
  const ours = [...sources.thread.filter(({ author }) => author === 'owner'), ...sources.earlier]
  for (const answer of answers) {
    const fits = answer.category === category && primary(answer.language) === primary(language)
    if (!fits || !asks.every((ask) => answersAsk(answer, ask))) continue
    const text = filled(answer.text, { name: safeName(row.fromName), owner: owner.displayName })
    if (text === null || ours.some((said) => essence(said.text).includes(essence(text)))) continue
    return replyOf(answer, text, asks)
  }
  return null
}

function replyOf(
  { name, text: own, language }: AnswerSettings,
  text: string,
  asks: readonly string[],
): SavedReply {
  const source = `saved reply ${name}`
  return {
    composed: {
      text,
      language,
      answers: asks.map((ask) => ({ ask, answered: true, source })),
      missing: [],
      confidence: 1,
      needs_person: false,
    },
    passage: { file: source, heading: '', text: own },
  }
}

function answersAsk({ when: { words = [], match } }: AnswerSettings, ask: string): boolean {
  if (match !== undefined) return matchesText(match, ask)
  const asked = folded(ask)
  return words.some((phrase) => asked.includes(folded(phrase)))
}

/** Folded words between single spaces, spaces at both ends. */
const folded = (text: string) =>
  ` ${tokenize(text)
    .map((word) => foldTerm(word) ?? word.toLowerCase())
    .join(' ')} `

/** Its words alone: a copy may be wrapped, signed or quoted. */
const essence = (text: string) => folded(text).replace(/ /g, '')

/** Null if a placeholder has no value. */
function filled(text: string, values: { name: string | null; owner: string | null }): string | null {
  const parts = text.split(/\{(name|owner)\}/)
  const found = parts.map((part, at) => (at % 2 === 0 ? part : values[part as 'name' | 'owner']))
  return found.includes(null) ? null : found.join('').trim()
}

/** For a person who reads it before it is sent: placeholders without a value stay. */
export function inserted(
  text: string,
  { fromName, owner }: { fromName: string | null; owner: string | null },
): string {
  return filled(text, { name: safeName(fromName) ?? '{name}', owner: owner ?? '{owner}' }) ?? text
}

/** The author's name, as a stranger wrote it into the header: used only if it cannot be anything but a name. */
export function safeName(name: string | null): string | null {
  const plain = name?.normalize('NFC').trim() ?? ''
  const isName = /^\p{L}[\p{L}\p{M}'’.-]{0,29}(?: [\p{L}\p{M}'’.-]{1,30}){0,3}$/u.test(plain)
  return isName && !hasContact(plain) ? plain : null
}
