import { describe, expect, test } from '@jest/globals'
import { type AutomaticWords, asksForHuman, automaticLines } from '../../../src/mail/reply/automatic.ts'
import { automaticText } from '../../../src/mail/reply/automatic-text.ts'

const own = {
  disclosure: null,
  humanLine: null,
  disclosureAt: 'below',
  disclosureIn: 'every',
} as const

describe('what an automatic reply says about itself', () => {
  test.each([
    ['en', 'Written and sent by an AI system on behalf of Ann.\nReply HUMAN to reach a person.'],
    [
      'de-AT',
      'Verfasst und gesendet von einem KI-System im Auftrag von Ann.\nAntworten Sie mit HUMAN, um einen Menschen zu erreichen.',
    ],
    ['no', 'Skrevet og sendt av et KI-system på vegne av Ann.\nSvar HUMAN for å nå en person.'],
    [
      'ja',
      'この返信は Ann に代わって AI システムが作成・送信しました。\n担当者との連絡をご希望の場合は HUMAN と返信してください。',
    ],
    ['eo', 'Written and sent by an AI system on behalf of Ann.\nReply HUMAN to reach a person.'],
    [null, 'Written and sent by an AI system on behalf of Ann.\nReply HUMAN to reach a person.'],
  ])('%s', (language, expected) => {
    expect(automaticLines(own, language, 'Ann', true)).toEqual({ above: null, below: expected })
  })

  test('in all official languages of the EU, and more', () => {
    const languages = Object.keys(automaticText)
    const official = 'bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv'.split(' ')
    expect(official.filter((each) => !languages.includes(each))).toEqual([])
    expect(languages.length).toBeGreaterThanOrEqual(30)
  })

  test.each(Object.entries(automaticText))(
    '%s names the owner once, and the word that is looked for',
    (_, [line, human]) => {
      expect(line.split('{owner}')).toHaveLength(2)
      expect(human).toContain('HUMAN')
    },
  )

  const said = (words: Partial<AutomaticWords>, isFirst = true) =>
    automaticLines({ ...own, ...words }, 'en', 'Ann $& Ltd.', isFirst)
  const human = 'Reply HUMAN to reach a person.'
  const line = 'Written and sent by an AI system on behalf of Ann $& Ltd.'
  test.each<[string, ReturnType<typeof said>, string | null, string | null]>([
    [
      'the owner’s words',
      said({ disclosure: 'By the robot of {owner}!', humanLine: '' }),
      null,
      'By the robot of Ann $& Ltd!',
    ],
    ['an empty disclosure', said({ disclosure: ' ' }), null, human],
    ['nothing at all', said({ disclosure: '', humanLine: '' }), null, null],
    ['above the text', said({ disclosureAt: 'above' }), line, human],
    ['above, left out', said({ disclosureAt: 'above', disclosure: '' }), null, human],
    ['only at first, the first time', said({ disclosureIn: 'first' }), null, `${line}\n${human}`],
    ['only at first, later', said({ disclosureIn: 'first' }, false), null, human],
    ['in every reply, later', said({}, false), null, `${line}\n${human}`],
  ])('%s', (_, lines, above, below) => expect(lines).toEqual({ above, below }))
})

test.each([
  ['HUMAN', true],
  ['human', true],
  [' Human. \n', true],
  ['"HUMAN"', true],
  ['**Human!**', true],
  ['ＨＵＭＡＮ', true],
  ['HUMAN\n\nBest regards\nKim', true],
  ['HUMAN please', true],
  ['human please!', true],
  ['Human, bitte.', true],
  ['Human svp', true],
  ['human por favor', true],
  ['human - this did not help', true],
  ['HUMAN - this did not help', true],
  ['Hello,\n\nHUMAN', true],
  ['Guten Tag\nHUMAN\nAnn', true],
  ['HUMANでお願いします', true],
  ['お世話になっております。\n\nHUMAN', true],
  ['I want a HUMAN', true],
  ['Ik wil graag een HUMAN spreken, niet weer een computer.', true],
  ['Human resources has my file', false],
  [
    'Human error, I suppose? No: I never got a parcel, and nobody answers when I call the number on the page.',
    false,
  ],
  ['Inhuman', false],
  ['INHUMAN, HUMANE, HUMANOID, HUMAN2', false],
  ['Hallo,\ndanke.\nEine Frage:\nWann?\nGruß\nAnn\nHUMAN', false],
  ['Thanks!\n> Reply HUMAN to reach a person.', false],
  ['Thanks!\nReply HUMAN to reach a person.', false],
  ['', false],
])('%p asks for a person: %p', (text, expected) => {
  expect(asksForHuman(text)).toBe(expected)
})

test.each(['human ', '"', 'human, ', 'HUMAN', ' - '])('a hostile line of %j is searched in time', (piece) => {
  expect(typeof asksForHuman(piece.repeat(200_000))).toBe('boolean')
})
