import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { checkClaims, placeholders } from '../../src/check/claims.ts'
import { composedSchema } from '../../src/compose/answer.ts'
import { composeMessages } from '../../src/compose/prompt.ts'
import { demoOwner, encodedWords, iso2022jp, quotedPrintable, type Sample } from '../../src/demo/sample.ts'
import { compose } from '../../src/demo/stand-in/compose.ts'
import { readQuestion } from '../../src/demo/stand-in/prompt.ts'
import { triage } from '../../src/demo/stand-in/triage.ts'
import { sampleWorld, writeKnowledge } from '../../src/demo/world.ts'
import { applyGuard, freshContext } from '../../src/guard/ceiling.ts'
import { type Knowledge, openKnowledge } from '../../src/knowledge/knowledge.ts'
import type { Owner } from '../../src/mail/account.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { decodeWords } from '../../src/mail/mime/words.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { loadPrompts } from '../../src/model/prompts.ts'
import { triageMessages } from '../../src/triage/prompt.ts'
import { verdictSchema } from '../../src/triage/verdict.ts'

/** Parts of a triage question that these mails do not need. */
const plain = { thread: [], ownerName: null, asksLanguage: 'en', search: null }

const now = new Date('2026-11-24T09:00:00Z')
const owner: Owner = {
  address: demoOwner.address,
  aliases: [],
  displayName: demoOwner.displayName,
  authservIds: [demoOwner.authservId],
  ownLists: [],
}
const { samples, earlier } = sampleWorld(now)
const named = (name: string): Sample => samples.find((sample) => sample.name === name)!

let knowledge: Knowledge
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replyd-demo-'))
  await writeKnowledge(folder)
  knowledge = openKnowledge(folder, silentLog)
})

afterAll(() => rmSync(folder, { recursive: true }))

const prompts = loadPrompts(new URL('../../prompts', import.meta.url).pathname)
const salt = 'k3v9q1'

/** What replyd would ask and what the stand-in would answer, without a connection. */
function asked(sample: Sample) {
  const message = parseOctets(sample.octets)
  const shown = visibleText(message).text
  const facts = {
    from: decodeWords(firstField(message, 'from') ?? ''),
    subject: decodeWords(firstField(message, 'subject') ?? ''),
    received: now,
    timeZone: 'UTC',
    firstContact: true,
    authentication: sample.name === 'phishing' ? ('fail' as const) : ('pass' as const),
    listHeaders: [],
  }
  const mail = { visibleText: shown, facts }
  const input = { prompt: prompts.triage, mail, categories: [], ownerLanguage: 'en', ...plain, salt }
  const verdict = verdictSchema([]).parse(triage(readQuestion(triageMessages(input).messages)))
  const passages = knowledge.find({ queries: [facts.subject, shown], tokens: 500, whole: 0 })
  const answer = compose(
    readQuestion(
      composeMessages({
        ...{
          prompt: prompts.compose,
          mail,
          verdict,
          passages,
          salt,
          thread: [],
          earlier: [],
          style: null,
          instructions: '',
        },
        ...{
          corrections: [],
          ownerName: demoOwner.displayName,
          signature: 'signature' as const,
          ownerLanguage: 'en',
          canary: null,
        },
      }).messages,
    ),
  )
  const sources = [facts.from, facts.subject, shown, ...passages.map(({ text }) => text)]
  return { verdict, composed: composedSchema.parse(answer), sources, facts, shown }
}

test('15 samples with names of their own, no real domain, and the same octets each time', () => {
  expect(new Set(samples.map(({ name }) => name)).size).toBe(15)
  const again = sampleWorld(now).samples
  for (const [at, { octets }] of samples.entries()) {
    expect(again[at]?.octets.equals(octets)).toBe(true)
    const hosts =
      octets
        .subarray(0, 20_000)
        .toString('latin1')
        .replace(/=\r\n/g, '')
        .match(/(?<=@|:\/\/|helo=)[\w.-]+/g) ?? []
    const foreign = hosts.filter((host) => !/\.example\.?$/.test(host))
    expect(foreign).toEqual([])
  }
})

test('every line ends in CRLF and is no longer than SMTP allows', () => {
  for (const { octets } of [...samples, ...earlier]) {
    const text = octets.toString('latin1')
    expect(text.replace(/\r\n/g, '').match(/[\r\n]/)).toBeNull()
    expect(Math.max(...text.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(998)
  }
})

describe('the guard', () => {
  test.each(samples.map((sample) => [sample.name, sample] as const))(
    '%s',
    (_name, { octets, expect: expected }) => {
      const { decision, reason } = applyGuard(parseOctets(octets), owner, freshContext(now))
      expect(decision === 'never').toBe(expected.disposition === 'declined')
      if (decision === 'never') expect(reason).toBe(expected.reason)
    },
  )
})

describe('the stand-in through the real prompts', () => {
  const judged = samples.filter(({ expect: { disposition } }) => disposition !== 'declined')

  test.each(judged.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
    const { verdict } = asked(sample)
    const { disposition } = sample.expect
    expect(verdict.spam.is && verdict.spam.confidence >= 0.9).toBe(disposition === 'filed')
    expect(verdict.manipulation).toBe(disposition === 'held')
    if (disposition !== 'filed') expect(verdict.needs_reply).toBe(disposition !== 'no-reply-needed')
  })

  test.each([
    ['angry-customer', 'negative', 'en'],
    ['question-in-german', 'neutral', 'de'],
    ['question-in-french', 'neutral', 'fr'],
    ['question-in-japanese', 'neutral', 'ja'],
    ['thank-you', 'positive', 'en'],
    ['reply-in-thread', 'positive', 'en'],
    ['large-attachment', 'neutral', 'en'],
  ])('%s is %s and in %s', (name, sentiment, language) => {
    const { verdict } = asked(named(name))
    expect(verdict.sentiment.label).toBe(sentiment)
    expect(verdict.language).toBe(language)
  })

  test.each([
    ['angry-customer', ['photo of the damage']],
    ['question-in-german', ['samstags von 10:00 bis 14:00 Uhr', 'ohne Termin möglich']],
    ['question-in-french', ['29 euros']],
    ['question-in-japanese', ['35 ユーロ']],
    ['large-attachment', ['5 years against cracks']],
    ['reply-in-thread', ['by card or in cash']],
  ])(
    'the draft for %s is grounded, complete, in its language, and claims nothing of its own',
    (name, told) => {
      const { composed, verdict, sources } = asked(named(name))
      for (const fact of told) expect(composed.text).toContain(fact)
      expect(composed).toMatchObject({ language: verdict.language, missing: [] })
      expect(composed.answers.every(({ answered, source }) => answered && source)).toBe(true)
      expect(checkClaims(composed.text, sources)).toEqual([])
      expect(placeholders(composed.text)).toEqual([])
    },
  )
})

test('two mails ask what nothing in the knowledge answers', () => {
  for (const name of ['trailer-for-two', 'trailer-for-one']) {
    const { composed } = asked(named(name))
    expect(composed.missing).toEqual([expect.stringContaining('child trailers')])
    expect(composed.answers).toEqual([expect.objectContaining({ answered: false, source: null })])
  }
})

test('the Japanese mail is ISO-2022-JP and reads the same', () => {
  const { facts, shown } = asked(named('question-in-japanese'))
  expect(named('question-in-japanese').octets.toString('latin1')).toContain('charset=ISO-2022-JP')
  expect(shown).toContain('日本への送料はいくらでしょうか。')
  expect(facts.subject).toBe('日本への発送について')
  expect(facts.from).toContain('佐藤由美')
})

test('the attachment is 5 MB, the text before it short', () => {
  const { structure } = parseOctets(named('large-attachment').octets)
  const [body, photo] = structure.children
  expect(photo).toMatchObject({ disposition: 'attachment', filename: 'frame.png', encoding: 'base64' })
  expect(photo!.size).toBeGreaterThan(5 * 1024 * 1024)
  expect(body!.size).toBeLessThan(1000)
})

test('the reply in the thread answers the mail in \\Sent', () => {
  const id = firstField(parseOctets(earlier[0]!.octets), 'message-id')
  const message = parseOctets(named('reply-in-thread').octets)
  expect(earlier[0]!.mailbox).toBe('Sent')
  expect(firstField(message, 'in-reply-to')).toBe(id)
  expect(firstField(message, 'references')).toMatch(new RegExp(`${id}$`))
  expect(visibleText(message).text).not.toContain('R-3107')
})

describe('encodings', () => {
  test('ISO-2022-JP is what the decoder reads, and refuses what it has no place for', () => {
    const text = 'テスト test 漢字。\n'
    expect(new TextDecoder('iso-2022-jp').decode(Buffer.from(iso2022jp(text), 'latin1'))).toBe(text)
    expect(iso2022jp('plain')).toBe('plain')
    expect(() => iso2022jp('😀')).toThrow(RangeError)
  })

  test('encoded words stay under 76 characters and decode to what they were', () => {
    const subject = 'Grüße aus der Werkstatt, mit vielen Ümläuten und noch einem 日本語のまとまり'
    const encoded = encodedWords(subject)
    expect(Math.max(...encoded.split('\r\n').map((line) => line.trim().length))).toBeLessThanOrEqual(75)
    expect(decodeWords(encoded.replace(/\r\n/g, ''))).toBe(subject)
    expect(encodedWords('plain')).toBe('plain')
  })

  test('quoted-printable breaks lines at 76 and keeps spaces at line ends', () => {
    const lines = quotedPrintable(`${'ü'.repeat(60)} \nend`).split('\r\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(76)
    expect(lines.at(-2)).toMatch(/=20$/)
  })
})
