/** The table of reasons is complete, used and readable, and the only source of the words for them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { dispositions, outcomeOf, replyStates, replyStateWords } from '../../src/base/dispositions.ts'
import {
  decisionWords,
  helpFor,
  labelOf,
  type Reason,
  reasonCodes,
  reasonsByFolder,
  reasonsReference,
  sentenceOf,
} from '../../src/base/reasons.ts'
import { explanationText } from '../../src/cli/explain.ts'
import { listText, showText } from '../../src/cli/review.ts'
import { digestText } from '../../src/daemon/digest.ts'
import { mailLines } from '../../src/demo/screen.ts'
import { operations } from '../../src/web/api.ts'
import { HistoryPage } from '../../src/web/history-page.tsx'
import { InboxPage } from '../../src/web/inbox-page.tsx'
import { MailPage } from '../../src/web/mail-page.tsx'
import { JunkPage } from '../../src/web/pages.tsx'
import type { Shown } from '../../src/web/shown.ts'
import { payloadOf } from '../../src/web/webhook-events.ts'
import { mailWith, now, replyWith, shownWith, view } from '../web/shown.ts'

const source = resolve(import.meta.dirname, '../../src')
const sourceFiles = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('base/reasons'))
  .map((file) => readFileSync(join(source, file), 'utf8'))
const wholeSource = sourceFiles.join('\n')

describe('the table', () => {
  test('has no code twice', () => {
    const codes = Object.values(reasonsByFolder).flatMap((room) => Object.keys(room))
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([])
    expect(codes.sort()).toEqual([...reasonCodes].sort())
  })

  test.each(reasonCodes)('%s has a short sentence, and so has its help', (code) => {
    expect(sentenceOf(code)).toMatch(/^[A-Zr].{4,90}\.$/)
    expect(helpFor(code) ?? 'Nothing.').toMatch(/^[A-Z].{4,140}\.$/)
  })

  test('every sentence is worded differently', () => {
    const sentences = reasonCodes.map(sentenceOf)
    expect(sentences.filter((one, at) => sentences.indexOf(one) !== at)).toEqual([])
  })

  test('a code of another version is never shown raw', () => {
    const strange = 'no-such-code' as Reason
    expect(sentenceOf(strange)).toBe('Another version of replyd decided this.')
    expect(helpFor(strange)).toBeNull()
    expect(sentenceOf('constructor' as Reason)).toBe('Another version of replyd decided this.')
  })

  test('docs/reasons.md matches the table (else: npm run reference)', () => {
    const page = readFileSync(resolve(source, '../docs/reasons.md'), 'utf8')
    expect(page).toBe(reasonsReference())
  })
})

describe('the source', () => {
  test.each(reasonCodes)('%s is used', (code) => {
    // As a literal, as a key of a table, or in a statement of the store.
    const used = new RegExp(`(?:'${code}'|^\\s*${code}: )`, 'm')
    expect(used.test(wholeSource)).toBe(true)
  })

  test('every literal that is used as a reason is in the table', () => {
    const literals = [...wholeSource.matchAll(/\breason(?::| =| <>) '([a-z-]+)'/g)].map(([, code]) => code)
    expect(literals.length).toBeGreaterThan(40)
    expect(literals.filter((code) => !reasonCodes.includes(code as Reason))).toEqual([])
  })
})

const listed = (reason: Reason) => ({
  ...mailWith(reason),
  ...{
    replyState: 'held' as const,
    replyText: null,
    replyEnvelope: null,
    leftAlone: 0,
    holdReasons: [reason],
    sendAfter: null,
    needsPerson: true,
    ...{ asDrafted: null, claims: null, missing: null },
  },
  ...{ cost: 0, tokens: 0, models: null },
})

const filter = { search: '', show: 'all', account: '', category: '' } as const
const counts = { all: 1, held: 1, ready: 0, sending: 0, here: 1, lacking: 0, categories: [] }
const listOf = (mails: readonly ReturnType<typeof listed>[]) => ({
  ...{ mails, older: null, later: false, found: null, counts, filter, accounts: [] },
  isNew: false,
})
const inbox = (reasons: readonly Reason[], shown: Shown | null) =>
  InboxPage({
    ...{ view, list: listOf(reasons.map(listed)), shown, next: null },
    ...{ onlyList: shown === null, isBack: false, refused: null },
  })
const history = { account: '', disposition: '', from: '', since: '', until: '' }
const judged = { ...mailWith('ok'), codes: [] }

const apiMail = (reason: Reason) => ({
  ...{ id: 'm1', from: 'ann@x.example', subject: 'Bells', disposition: 'held' as const, reason },
  ...{
    reply: null,
    events: [{ at: '', step: 'guard' as const, disposition: 'held' as const, reason, actor: 'replyd' }],
  },
})

const presenters: Record<string, (reason: Reason) => unknown> = {
  inbox: (reason) => inbox([reason], null),
  junk: (reason) =>
    JunkPage({ view, mails: [listed(reason)], older: null, later: false, search: '', account: '' }),
  history: (reason) =>
    HistoryPage({
      ...{
        view,
        mails: [listed(reason)],
        search: '',
        filter: history,
        accounts: [],
        dispositions,
        older: null,
      },
      later: false,
    }),
  'mail page': (reason) => {
    const row = mailWith(reason, { codes: reason in reasonsByFolder.guard ? [reason as 'dsn'] : [] })
    return MailPage({ view, shown: shownWith(row, replyWith([reason])) })
  },
  reply: (reason) => inbox([], shownWith(mailWith(reason), replyWith([reason]))),
  'no reply': (reason) => inbox([], shownWith(mailWith(reason), null)),
  'no reply, decided': (reason) => {
    const row = mailWith(reason, { step: 'done', disposition: 'declined', ceiling: 'never' })
    return inbox([], { ...shownWith(row, null), open: false })
  },
  'replyd explain': (reason) =>
    explanationText({
      file: 'm.eml',
      decision: 'never',
      reason: reason as 'dsn',
      codes: [],
      authentication: 'none',
      text: '',
      reply: null,
    }),
  'replyd replies': (reason) => listText([apiMail(reason)], 300),
  'replyd replies show': (reason) => showText(apiMail(reason), 300),
  demo: (reason) =>
    mailLines(
      {
        ...{
          messageId: '<m1@x.example>',
          subject: 'Bells',
          from: 'Ann <ann@x.example>',
          disposition: 'held',
          reason,
        },
        ...{ spam: null, sentiment: null, language: null },
      },
      ...([1, 1, { colour: false, columns: 100 }] as const),
    ).join('\n'),
  digest: (reason) =>
    digestText({
      ...{ account: 'shop@shop.example', day: '2026-11-24', dispositions: new Map(), cost: 0, notices: [] },
      waiting: [{ from: 'Ann', subject: 'Bells', reason, draft: false }],
    })?.text,
  'webhook text': (reason) =>
    payloadOf({
      ...{
        id: 1,
        at: now,
        step: 'guard',
        disposition: 'held',
        reason,
        messageId: 'm1',
        account: 'shop@shop.example',
      },
      ...{ fromAddress: 'ann@x.example', subject: 'Bells', summary: null, detail: null, missing: null },
    }).text,
  'start in the terminal': (reason) => decisionWords('held', reason),
}

/** The text that a reader sees, without tags and entities. */
const visible = (rendered: unknown) =>
  String(rendered)
    .replace(/<(?:style|script)[\s\S]*?<\/(?:style|script)>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

test.each(Object.keys(presenters))('%s shows every reason in words, and none as a code', (name) => {
  const shown = reasonCodes.map((code) => ({ code, text: visible(presenters[name]?.(code)) }))
  const others = new Set(shown.length > 0 ? visible(presenters[name]?.('all-clear')).match(/[\w-]+/g) : [])
  for (const { code, text } of shown) {
    expect(text).toContain(labelOf(code))
    const rest = [helpFor(code) ?? '', sentenceOf(code), labelOf(code)].reduce(
      (left, words) => (words === '' ? left : left.replaceAll(words, '')),
      text,
    )
    const words: string[] = rest.match(/[\w-]+/g) ?? []
    // A word of the page itself, such as "report" in a heading, occurs for every reason.
    expect(words.filter((word) => word === code && !others.has(word))).toEqual([])
  }
})

test('outcomes and states of a reply have words of their own', () => {
  const outcomes = dispositions.map(outcomeOf)
  expect(new Set(outcomes).size).toBe(dispositions.length)
  expect(outcomeOf('no-such' as 'held')).toBe('unknown')
  for (const state of replyStates) expect(replyStateWords(state)).toMatch(/^[a-z]/)
})

test('the API names every reason and says what each means', () => {
  const { components } = operations.describe() as {
    components: { schemas: { Mail: { properties: object }; Reason: { enum: string[] } } }
  }
  expect(components.schemas.Reason.enum).toEqual(reasonCodes)
  expect(Object.keys(components.schemas.Mail.properties)).toEqual(expect.arrayContaining(['because', 'help']))
})

test('a mail that the local filter judged has its page', () => {
  const verdict = { model: 'bayes', spam: { is: true, kind: 'bulk', confidence: 0.99 }, score: 0.99 } as const
  const row = { ...judged, verdict, disposition: 'filed', reason: 'spam-bayes' } as const
  const page = visible(MailPage({ view, shown: shownWith({ ...row, flags: [], codes: [] }, null) }))
  expect(page).toContain(sentenceOf('spam-bayes'))
})
