/** The bench's model: the stand-in's server, with answers that depend only on the subject. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '../../src/demo/stand-in/check.ts'
import type { Override, StandInRequest } from '../../src/demo/stand-in.ts'
import type { Kind } from './mails.ts'

/** Called before the usual answer; undefined leaves it unchanged. */
export type ModelFault = (request: StandInRequest) => Override | undefined | Promise<Override | undefined>

export function answerFor({ question }: StandInRequest): Override {
  const subject = question.facts.get('subject') ?? ''
  const [, kind = 'draft'] = /\b(send|draft|spam|list|robot|thanks) \w+/.exec(subject) ?? []
  if (question.task === 'check') return { content: JSON.stringify(check(question)) }
  if (question.task === 'compose') return { content: JSON.stringify(composed()) }
  return { content: JSON.stringify(verdict(kind as Kind)) }
}

/** The owner's only file of knowledge: the source of the bench's replies. */
const knowledge = '# Opening hours\n\nWe are open Monday to Friday, nine to six.\n'

/** Relative to the folder of the configuration. */
export function writeKnowledge(directory: string): void {
  mkdirSync(join(directory, 'knowledge'))
  writeFileSync(join(directory, 'knowledge', 'hours.md'), knowledge)
}

const composed = () => ({
  text: 'Hello,\n\nthank you for your message. We are open Monday to Friday, nine to six.\n\nKind regards',
  language: 'en',
  answers: [{ ask: 'When are you open?', answered: true, source: 'hours.md > Opening hours' }],
  missing: [],
  confidence: 0.95,
  needs_person: false,
})

const verdict = (kind: Kind) => ({
  asks: kind === 'send' || kind === 'draft' ? ['When are you open?'] : [],
  search: [],
  spam: { is: kind === 'spam', kind: kind === 'spam' ? 'scam' : 'none', confidence: 0.98 },
  sentiment: { label: 'neutral', intensity: 0.1 },
  language: 'en',
  category: 'other',
  urgency: 1,
  needs_reply: kind === 'send' || kind === 'draft',
  manipulation: false,
  summary: `A ${kind} mail.`,
  confidence: 0.95,
})
