import { describe, expect, test } from '@jest/globals'
import { asksForHuman, automaticLines } from '../../../src/mail/reply/automatic.ts'

const own = { disclosure: null, humanLine: null }

describe('what an automatic reply says of itself', () => {
  test.each([
    ['en', 'This answer was written and sent automatically.\nReply HUMAN to reach a person.'],
    [
      'de-AT',
      'Diese Antwort wurde automatisch verfasst und gesendet.\nAntworten Sie mit HUMAN, um einen Menschen zu erreichen.',
    ],
    ['no', 'Dette svaret er skrevet og sendt automatisk.\nSvar HUMAN for å nå en person.'],
    [
      'ja',
      'この返信は自動的に作成・送信されました。\n担当者との連絡をご希望の場合は HUMAN と返信してください。',
    ],
    ['eo', 'This answer was written and sent automatically.\nReply HUMAN to reach a person.'],
    [null, 'This answer was written and sent automatically.\nReply HUMAN to reach a person.'],
  ])('%s', (language, expected) => {
    expect(automaticLines(own, language)).toBe(expected)
  })

  test('the owner’s words stand in any language, empty ones leave the line out', () => {
    expect(automaticLines({ disclosure: 'By our robot.', humanLine: '' }, 'de')).toBe('By our robot.')
    expect(automaticLines({ disclosure: ' ', humanLine: null }, 'en')).toBe('Reply HUMAN to reach a person.')
    expect(automaticLines({ disclosure: '', humanLine: '' }, 'en')).toBeNull()
  })
})

test.each([
  ['HUMAN', true],
  ['human', true],
  [' Human. \n', true],
  ['"HUMAN"', true],
  ['**Human!**', true],
  ['ＨＵＭＡＮ', true],
  ['HUMAN\n\nBest regards\nKim', true],
  ['Human resources has my file', false],
  ['HUMAN please', false],
  ['I want HUMAN', false],
  ['Inhuman', false],
  ['', false],
])('%p asks for a person: %p', (text, expected) => {
  expect(asksForHuman(text)).toBe(expected)
})
