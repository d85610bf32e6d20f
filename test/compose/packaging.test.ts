import { describe, expect, test } from '@jest/globals'
import { unpacked } from '../../src/compose/packaging.ts'

const signature = 'Your team at Wheels\nWheel Street 12\nPhone 0201 555 0143'
const unpack = (text: string, signatures = [signature]) => {
  const { text: plain, removed } = unpacked(text, signatures)
  return [plain, removed.join()]
}

describe('line ends are mended without a word', () => {
  test.each([
    ['escaped twice', 'Hi Kim,\\n\\nyes.\\n\\nBye', 'Hi Kim,\n\nyes.\n\nBye'],
    ['as <br>', 'Hi Kim,<br><br>yes.<br/>Bye', 'Hi Kim,\n\nyes.\nBye'],
    ['as paragraphs', '<p>Hi Kim,</p><p>yes &amp; no.</p>', 'Hi Kim,\n\nyes & no.'],
  ])('%s', (_name, text, plain) => {
    expect(unpack(text)).toEqual([plain, ''])
  })
})

describe('what is wrapped around the text is taken off and named', () => {
  test.each([
    ['a fence', '```\nHi Kim\n```', 'Hi Kim', 'fence'],
    ['a subject', 'Subject: Re: Bike\n\nHi Kim', 'Hi Kim', 'subject'],
    ['a subject in German', 'Betreff: Rad\nHallo Kim', 'Hallo Kim', 'subject'],
    ['a preface', 'Here is a draft of the reply:\n\nHi Kim', 'Hi Kim', 'preface'],
    ['Markdown', '**Price:** 32 euros, see `terms`', 'Price: 32 euros, see terms', 'markdown'],
    ['a link in Markdown', '[here](https://wheels.example/a)', 'here (https://wheels.example/a)', 'markdown'],
    ['a table', '| a | b |\n|---|---|\n| 1 | 2 |', 'a, b\n1, 2', 'markdown'],
    ['a second signature', 'Yes.\n\nKind regards\nYour team at Wheels', 'Yes.\n\nKind regards', 'signature'],
    ['all of it', `Yes.\n\nKind regards\n\n${signature}`, 'Yes.\n\nKind regards', 'signature'],
  ])('%s', (_name, text, plain, removed) => {
    expect(unpack(text)).toEqual([plain, removed])
  })

  test('a closing formula goes where the signature begins with one', () => {
    expect(unpack('Yes.\n\nKind regards', ['Best regards\nWheels'])).toEqual(['Yes.', 'signature'])
  })
})

test.each([
  ['a multiplication', '3 * 15 = 45, 2 ** is odd'],
  ['a list', '1. Yes\n2. No\n- maybe'],
  ['a colon in the first line', 'Hi Kim: yes'],
  ['an answer to what was asked of a reply', 'Your reply came.\n\nThanks'],
  ['an address with underscores', 'https://wheels.example/a__b__c'],
  ['a sentence that names the team', 'Your team at Wheels is here for you on Monday.'],
])('%s stays as it is', (_name, text) => {
  expect(unpack(text)).toEqual([text, ''])
})
