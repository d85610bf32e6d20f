import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Grounds, gapsOf } from '../../src/check/grounds.ts'

const hours = {
  source: 'hours.md > Opening hours',
  text: 'Opening hours\nThe shop is open Tuesday to Friday from 10:00 to 18:00 and on Saturday from 10:00 to 14:00. We are closed on Sunday and Monday.',
}
const returns = {
  source: 'returns.md > Returns and refunds',
  text: 'Returns and refunds\nGoods can be returned within 30 days of delivery. The refund goes to the means of payment that was used for the order, once the goods have been checked.',
}
const german = {
  source: 'zeiten.md > Öffnungszeiten',
  text: 'Öffnungszeiten\nDer Laden ist samstags von 10:00 bis 14:00 Uhr geöffnet. Eine Probefahrt ist ohne Termin möglich. Bitte bringen Sie einen Ausweis mit.',
}
const thread = {
  source: 'thread',
  text: 'Hello Maria,\n\nyour gravel bike is repaired. The repair number is R-3107.',
}
const japanese = {
  source: 'ja.md > 日本への発送',
  text: '日本への発送\n部品とアクセサリーは日本へ発送できます。日本への送料は 35 ユーロです。',
}

const question = 'Saturday\nHello, when are you open on Saturday? Kim'
const ask = 'When are you open on Saturday?'
const answered = (source: string | null, text = ask) => [{ ask: text, answered: true, source }]
const letter = (body: string) =>
  `Hello Kim,\n\nthank you for your message. ${body}\n\nKind regards\nNordlicht Bikes`

const usual: Grounds = {
  draft: letter('On Saturday the shop is open from 10:00 to 14:00.'),
  answers: answered('hours.md > Opening hours'),
  given: [hours, returns, german, thread, japanese],
  own: ['Nordlicht Bikes', 'support@nordlicht.example', '2026-11-24'],
  correspondent: 'Kim Berg',
  mail: question,
}

const sound: readonly (readonly [name: string, change: Partial<Grounds>])[] = [
  ['a passage, word for word', {}],
  ['the file alone as source', { answers: answered('hours.md') }],
  ['the label written otherwise', { answers: answered('[Hours.md › Opening Hours]') }],
  ['the mail beside a source', { answers: answered('mail; hours.md > Opening hours') }],
  ['a passage in other words', { draft: letter('Yes, we are open on Saturday, from 10:00 to 14:00.') }],
  [
    'a clause in words of its own, with figures of the passage',
    { draft: letter('If you prefer to come by, we are open on Saturday from 10:00 to 14:00.') },
  ],
  [
    'German',
    {
      mail: 'Zeiten\nGuten Tag, wann haben Sie samstags geöffnet? Und ist eine Probefahrt ohne Termin möglich?',
      draft:
        'Guten Tag Jürgen Köhler,\n\nvielen Dank für Ihre Nachricht. Samstags ist der Laden von 10:00 bis 14:00 Uhr geöffnet. Eine Probefahrt ist ohne Termin möglich, bitte bringen Sie einen Ausweis mit.\n\nMit freundlichen Grüßen\nNordlicht Bikes',
      correspondent: 'Jürgen Köhler',
      answers: answered('zeiten.md > Öffnungszeiten'),
    },
  ],
  [
    'a figure from a passage in another language',
    {
      mail: 'Horaires\nBonjour, quand êtes-vous ouverts le samedi ?',
      draft: 'Bonjour Kim Berg,\n\nnous sommes ouverts le samedi de 10:00 à 14:00.\n\nCordialement',
      given: [hours],
    },
  ],
  [
    'Japanese',
    {
      mail: '発送\n日本への送料はいくらでしょうか。日本へ発送していただけますか？',
      draft:
        '佐藤由美 様\n\nお問い合わせいただきありがとうございます。\n\n部品は日本へ発送できます。日本への送料は 35 ユーロです。\n\nよろしくお願いいたします。',
      correspondent: '佐藤由美',
      answers: answered('ja.md > 日本への発送'),
    },
  ],
  [
    'the owner’s side of the thread',
    {
      mail: 'Re: bike\nWhat was the repair number?',
      draft: letter('The repair number is R-3107.'),
      answers: answered('thread', 'What was the repair number?'),
    },
  ],
  [
    'an offer to write again',
    { draft: letter('On Saturday the shop is open from 10:00 to 14:00. Feel free to contact us.') },
  ],
  ['thanks', { mail: 'Thanks!\nThe brakes work perfectly.', draft: letter(''), answers: [] }],
  [
    'a receipt',
    {
      mail: 'My frame number\nHere it comes: WTU123.',
      draft: 'Hello Kim,\n\nwe have received your message, thank you very much.\n\nBest wishes',
      answers: answered('mail', 'my frame number'),
    },
  ],
  [
    'a passage that the mail quotes',
    {
      mail: 'Returns\nYou write: Goods can be returned within 30 days of delivery. Is that so?',
      draft: letter('Goods can be returned within 30 days of delivery.'),
      answers: answered('returns.md > Returns and refunds'),
    },
  ],
]
test.each(sound)('%s: nothing to object to', (_name, change) => {
  expect(gapsOf({ ...usual, ...change })).toEqual([])
})

const order = 'Refund\nYou promised me a refund of 5,000 euros on 3 March. Please confirm it in writing!'
const unsound: readonly (readonly [name: string, change: Partial<Grounds>, kinds: string])[] = [
  ['the owner’s instructions as source', { answers: answered('instructions') }, 'ungrounded'],
  ['an answer without a source', { answers: answered(null) }, 'ungrounded'],
  ['the mail as the source', { answers: answered('mail') }, 'ungrounded'],
  ['a source that was not given', { answers: answered('prices.md > Discounts') }, 'ungrounded'],
  ['a given and an invented source', { answers: answered('hours.md; prices.md') }, 'ungrounded'],
  ['a source that says nothing of it', { answers: answered('returns.md') }, 'ungrounded'],
  ['no question named', { answers: [] }, 'ungrounded'],
  ['thanks in place of an answer', { draft: letter('') }, 'ungrounded'],
  [
    'a promise beside the answer',
    { draft: `${usual.draft}\n\nWe also refund you everything.` },
    'ungrounded',
  ],
  [
    'a promise in the same sentence',
    { draft: letter('On Saturday the shop is open from 10:00 to 14:00, and we refund you.') },
    'ungrounded',
  ],
  [
    'a gift in the same sentence',
    { draft: letter('On Saturday the shop is open from 10:00 to 14:00, and everything is free.') },
    'ungrounded',
  ],
  [
    'words of the mail in the same sentence',
    {
      mail: `${question} The boss is a crook.`,
      draft: letter('On Saturday the shop is open from 10:00 to 14:00, and the boss is a crook.'),
    },
    'ungrounded',
  ],
  [
    'a figure that only the mail has',
    {
      mail: `${question}\nI paid 5,000 euros.`,
      draft: letter('On Saturday the shop is open for 5,000 euros.'),
    },
    'ungrounded',
  ],
  ['yes, to an order', { mail: order, draft: letter('Yes, gladly.'), answers: [] }, 'ungrounded'],
  [
    'yes, with a source',
    { mail: order, draft: letter('Yes.'), answers: answered('returns.md', 'confirm') },
    'ungrounded',
  ],
  [
    'a promise of the mail',
    {
      mail: order,
      draft: letter('We confirm the refund of 5,000 euros, promised on 3 March.'),
      answers: answered('returns.md > Returns and refunds'),
    },
    'ungrounded',
  ],
  [
    'the mail, repeated',
    { mail: order, draft: order.split('\n')[1] ?? '', answers: [] },
    'ungrounded parroted',
  ],
  [
    'the mail, repeated after a courtesy',
    {
      mail: order,
      draft: letter('You promised me a refund of 5,000 euros on 3 March.'),
      answers: answered('returns.md'),
    },
    'ungrounded parroted',
  ],
  [
    'a Japanese mail, repeated',
    {
      mail: '返金\n三月三日に五千ユーロの返金を約束していただきました。書面で確認してください。',
      draft: '三月三日に五千ユーロの返金を約束していただきました。',
      answers: [],
    },
    'ungrounded parroted',
  ],
  [
    'a name that is a message',
    {
      mail: 'Hi\nPlease confirm.',
      correspondent: 'Refund of 5,000 euros granted',
      draft: 'Hello Refund of 5,000 euros granted,\n\nthank you.',
      answers: [],
    },
    'ungrounded',
  ],
  [
    'a name, as a statement',
    {
      mail: 'Hi\nPlease confirm.',
      correspondent: 'Refund Granted',
      draft: 'Hello,\n\nthank you. Refund granted.',
      answers: [],
    },
    'ungrounded',
  ],
  [
    'another language, without a figure',
    {
      mail: 'Ouvert\nÊtes-vous ouverts le dimanche ?',
      draft: 'Bonjour,\n\nnous sommes toujours là pour vous ouvrir.',
      given: [hours],
    },
    'ungrounded',
  ],
  [
    'only the sender’s side of the thread',
    { draft: letter('The repair number is R-3107.'), given: [hours], answers: answered('thread') },
    'ungrounded',
  ],
  ['more sentences than can be checked', { draft: 'The shop is open.\n'.repeat(200) }, 'ungrounded'],
]
test.each(unsound)('%s: %j', (_name, change, kinds) => {
  const found = gapsOf({ ...usual, ...change })
  expect([...new Set(found.map(({ kind }) => kind))].join(' ')).toBe(kinds)
  for (const { claim } of found) expect(claim).not.toBe('')
})

describe('the hand-written drafts of the claim check, each with all of its passages named', () => {
  const drafts = readFileSync(new URL('../fixtures/claims/drafts.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { sources: string[]; draft: string; invented: string | null })
  const gaps = drafts.map(({ sources, draft, invented }) => {
    const [head = '', mail = '', ...passages] = sources
    const given = passages.map((text, at) => ({ source: `k.md > ${at}`, text }))
    const correspondent = /From: ([^<]*)/.exec(head)?.[1]?.trim() ?? ''
    const grounds = { draft, given, own: ['2026-11-24'], correspondent, mail: `${head}\n${mail}` }
    return { invented, found: gapsOf({ ...grounds, answers: answered('k.md') }).length }
  })
  test('none of the 20 with an invented fact could leave by itself', () => {
    expect(gaps.filter(({ invented, found }) => invented !== null && found === 0)).toEqual([])
  })
  test('of the 20 sound ones those could that repeat no figure of the mail and leave nothing open', () => {
    expect(
      gaps.filter(({ invented, found }) => invented === null && found === 0).length,
    ).toBeGreaterThanOrEqual(5)
  })
})

describe('whatever the mail', () => {
  const word = fc.constantFrom(
    'refund',
    'we',
    'confirm',
    'you',
    'account',
    'the',
    'thank',
    'pay',
    'of',
    '5,000',
    'euros',
    'Friday',
  )
  const text = fc.array(word, { minLength: 1, maxLength: 30 }).map((words) => words.join(' '))

  test('a draft that is the mail is never without a gap, unless it is courtesy alone', () => {
    fc.assert(
      fc.property(text, (mail) => {
        const gaps = gapsOf({ ...usual, mail, draft: mail, answers: [], given: [] })
        expect(gaps.length > 0).toBe(/refund|confirm|account|pay|5,000|euros|Friday/.test(mail))
      }),
    )
  })

  test('an answer from no source is a gap, whatever the draft', () => {
    fc.assert(
      fc.property(text, fc.string(), (draft, mail) => {
        expect(
          gapsOf({ ...usual, mail: `${mail}?`, draft, given: [], answers: answered('hours.md') }),
        ).not.toEqual([])
      }),
    )
  })
})
