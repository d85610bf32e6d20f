/** The cost of the prompts on real mail: the figures that the README promises. */
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { composeMessages } from '../../src/compose/prompt.ts'
import { guessOwner } from '../../src/eval/explain.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { countTokens, tokenBound } from '../../src/model/budget.ts'
import { mailFacts } from '../../src/model/prompts/mail-facts.ts'
import { loadPrompts, type PromptMail } from '../../src/model/prompts.ts'
import { triageMessages } from '../../src/triage/prompt.ts'

/** Parts of a triage question that these mails do not need. */
const plain = { thread: [], ownerName: null, asksLanguage: 'en', search: null }

const corpus = new URL('../fixtures/corpus/', import.meta.url)
const prompts = loadPrompts(new URL('../../prompts/', import.meta.url).pathname)
const salt = 'k3j9x2m7q1'
const categories = ['billing', 'shipping', 'technical', 'sales'].map((name) => ({
  name,
  description: `questions about ${name}`,
}))
const passages = [1, 2, 3].map((part) => ({
  file: 'returns.md',
  heading: `Returns > Time limit ${part}`,
  text: 'You may send goods back within 30 days of delivery. The parcel must be unopened and carry the order number. '.repeat(
    5,
  ),
}))
const thread = [
  {
    author: 'owner' as const,
    at: new Date('2026-11-20T08:00:00Z'),
    text: 'Thank you for your order. We will send it soon. '.repeat(4),
  },
]

const correction = {
  draft: 'Thank you for reaching out to us. Please do not hesitate to contact us at any time.',
  sent: 'Thanks for writing. Call us whenever it suits you.',
}

let mails: PromptMail[]

beforeAll(() => {
  const sets = ['spam', 'auto', 'human', 'reply', 'hostile', 'injection']
  const files = sets.flatMap((set) =>
    readdirSync(new URL(set, corpus)).map((name) => new URL(`${set}/${name}`, corpus)),
  )
  mails = files.map((file) => {
    const message = parseOctets(readFileSync(file))
    const known = {
      receivedAt: new Date('2026-11-24T05:30:00Z'),
      firstContact: true,
      guardReason: 'ok',
      writtenBefore: null,
      timeZone: 'UTC',
      businessHours: null,
    }
    return { visibleText: visibleText(message).text, facts: mailFacts(message, guessOwner(message), known) }
  })
})

const median = (counts: number[]) => counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0

test('triage: the median of all of the corpus is at most 800 tokens, and the octet bound always holds', async () => {
  const counts: number[] = []
  for (const mail of mails) {
    const { messages } = triageMessages({
      prompt: prompts.triage,
      mail,
      categories,
      ownerLanguage: 'en',
      ...plain,
      salt,
    })
    const count = await countTokens(messages)
    expect(count).toBeLessThanOrEqual(tokenBound(messages))
    counts.push(count)
  }
  expect(counts.length).toBe(1979)
  expect(median(counts)).toBeLessThanOrEqual(800)
  expect(Math.max(...counts)).toBeLessThan(3000)
})

test('compose: the median with three passages, a thread, an earlier reply, style and corrections is at most 2,000 tokens', async () => {
  const verdict = {
    category: 'billing',
    sentiment: { label: 'negative' as const, intensity: 0.7 },
    urgency: 2,
    language: 'en',
    asks: [],
  }
  const counts: number[] = []
  for (const mail of mails) {
    const { messages } = composeMessages({
      prompt: prompts.compose,
      mail,
      verdict,
      thread,
      earlier: thread,
      passages,
      style: {
        greeting: 'Hi {first name},',
        closing: 'Best regards / Ann',
        words: 74,
        manner: 'formal (Sie)',
      },
      instructions: 'We are a small shop. Offer a call where it helps.',
      corrections: [correction, correction],
      ownerName: 'Acme Support',
      signature: 'signature' as const,
      ownerLanguage: 'en',
      canary: 'kite-7f3a9c2e51',
      salt,
    })
    counts.push(await countTokens(messages))
  }
  expect(median(counts)).toBeLessThanOrEqual(2000)
})
