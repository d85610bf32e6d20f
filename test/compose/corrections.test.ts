import { describe, expect, test } from '@jest/globals'
import { correctionsOf } from '../../src/compose/corrections.ts'

const draft = [
  'Hi Kim,',
  '',
  'thank you for reaching out to us today. You can return the lamp within 30 days. Please do not hesitate to contact us.',
  '',
  'Best regards',
].join('\n')
const one = (
  before: string,
  after: string,
  correspondent: string[] = ['Kim Sand', 'kim.sand@asks.example'],
) => correctionsOf([{ draftText: before, text: after, correspondent }], ['Acme'])[0] ?? null

describe('what an edit teaches', () => {
  test('the sentence that was replaced, not the whole letter', () => {
    const sent = draft.replace('thank you for reaching out to us today.', 'thanks for writing.')
    expect(one(draft, sent)).toEqual({
      draft: 'thank you for reaching out to us today.',
      sent: 'thanks for writing.',
    })
  })

  test('a sentence that was taken out has nothing in its place', () => {
    const sent = draft.replace(' Please do not hesitate to contact us.', '')
    expect(one(draft, sent)).toEqual({ draft: 'Please do not hesitate to contact us.', sent: '' })
  })

  test('of several places the largest', () => {
    const sent = draft
      .replace('Hi Kim,', 'Dear Kim,')
      .replace('Please do not hesitate to contact us.', 'Call us whenever it suits you.')
    expect(one(draft, sent)?.sent).toBe('Call us whenever it suits you.')
  })

  test.each([
    ['not a word changed', draft],
    ['a comma', draft.replace('Hi Kim,', 'Hi Kim')],
    [
      'another text altogether',
      'We have shipped it this morning, please track the parcel online from now on.',
    ],
  ])('nothing: %s', (_, sent) => {
    expect(one(draft, sent)).toBeNull()
  })

  test('at most three, the newest first', () => {
    const edited = (word: string) => ({
      draftText: draft,
      text: draft.replace('thank you for reaching out to us today.', `many ${word} thanks.`),
      correspondent: [],
    })
    const found = correctionsOf(['warm', 'kind', 'good', 'old'].map(edited), [])
    expect(found.map(({ sent }) => sent)).toEqual([
      'many warm thanks.',
      'many kind thanks.',
      'many good thanks.',
    ])
  })
})

describe('nothing personal is left', () => {
  const replaced = (by: string, correspondent?: string[]) =>
    one(draft, draft.replace('thank you for reaching out to us today.', by), correspondent)?.sent

  test.each([
    ['an address', 'please write to ann@secret.example about it.', 'please write to … about it.'],
    ['a link', 'please see https://shop.example/o/77 for it.', 'please see … for it.'],
    ['a bare host', 'please see www.shop.example for it.', 'please see … for it.'],
    [
      'numbers, dates and money',
      'it was order 88213 on 24.11.2026 for €64.90 then.',
      'it was order … on … for … then.',
    ],
    ['a telephone number', 'please call +49 30 1234567 about that.', 'please call … about that.'],
    ['the correspondent, in any case', 'thanks KIM, Mrs Sand will see.', 'thanks …, Mrs … will see.'],
    ['another person', 'thanks, we will ask Peter Miller about it.', 'thanks, we will ask … about it.'],
  ])('%s', (_, by, expected) => {
    expect(replaced(by)).toBe(expected)
  })

  test('a person named in German', () => {
    const before = 'Guten Tag,\n\nvielen Dank für Ihre Nachricht. Wir melden uns bald.'
    const after = 'Guten Tag,\n\nvielen Dank für Ihre Nachricht, Frau Petersen. Wir melden uns bald.'
    expect(one(before, after, [])?.sent).toBe('vielen Dank für Ihre Nachricht, Frau ….')
  })

  test('the owner’s own names stay', () => {
    expect(replaced('thanks from all of us at Acme, really.')).toBe('thanks from all of us at Acme, really.')
  })

  test('a long passage is cut at a word', () => {
    const sent = replaced(`thanks ${'and many more good wishes '.repeat(8)}`) ?? ''
    expect(sent.length).toBeLessThanOrEqual(182)
    expect(sent).toMatch(/ …$/)
  })

  test('a pair that contains nothing else is not a correction', () => {
    expect(one(`${draft}\nCall 1.`, `${draft}\nCall 2.`)).toBeNull()
  })
})
