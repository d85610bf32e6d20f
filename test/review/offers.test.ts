import { expect, test } from '@jest/globals'
import { additionsOf } from '../../src/review/offers.ts'

const draftText =
  'Hello Anna,\n\nthank you for your question. I shall find out and come back to you.\n\nBest regards'
const changed = (sentence: string) => draftText.replace('I shall find out and come back to you.', sentence)

test.each([
  ['a price', 'Shipping to Norway costs 12 €.', ['shipping to Norway'], 'shipping to Norway'],
  ['a day', 'We open again on 4 January.', [], 'When do you open?'],
  [
    'words that fill a gap',
    'Shipping to Norway is free.',
    ['the price of shipping to Norway', 'opening hours'],
    'the price of shipping to Norway',
  ],
  ['a link', 'See https://shop.example/sizes for it.', ['the sizes of gloves'], 'the sizes of gloves'],
])('%s is offered', (_name, sentence, missing, question) => {
  const asks = ['When do you open?']
  expect(additionsOf({ draftText, text: changed(sentence), missing, asks })).toEqual([
    { question, fact: sentence },
  ])
})

test.each([
  ['nothing changed', draftText],
  ['a courtesy', changed('Have a nice weekend, dear Anna.')],
  ['a question', changed('How many do you need, 10 or 20?')],
  ['something removed', changed('')],
])('%s is no fact', (_name, text) => {
  expect(additionsOf({ draftText, text, missing: ['the price of shipping to Norway'], asks: [] })).toEqual([])
})

test('what the draft already stated is not a fact, and two places are two facts', () => {
  const before = 'It costs 12 €.\nWe are closed today.\nBest regards'
  const after =
    'It still costs 12 € in all.\nWe are closed today.\nWe open at 9:00. Bring 2 forms.\nBest regards'
  expect(additionsOf({ draftText: before, text: after, missing: [], asks: [] })).toEqual([
    { question: 'We open at 9:00. Bring 2 forms.', fact: 'We open at 9:00. Bring 2 forms.' },
  ])
})
