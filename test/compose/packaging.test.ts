import { describe, expect, test } from '@jest/globals'
import { unpacked } from '../../src/compose/packaging.ts'

const signature = 'Your team at Wheels\nWheel Street 12\nPhone 0201 555 0143'
const unpack = (text: string, signatures = [signature]) => {
  const { text: plain, removed } = unpacked(text, signatures)
  return [plain, removed.join()]
}

describe('text that is wrapped around the reply is removed and reported', () => {
  test.each([
    ['line ends escaped twice', 'Hi Kim,\\n\\nyes.\\n\\nBye', 'Hi Kim,\n\nyes.\n\nBye', 'escapes'],
    ['line ends as <br>', 'Hi Kim,<br><br>yes.<br/>Bye', 'Hi Kim,\n\nyes.\nBye', 'html'],
    ['paragraphs in HTML', '<p>Hi Kim,</p><p>yes &amp; no.</p>', 'Hi Kim,\n\nyes & no.', 'html'],
    ['a list in HTML', 'Hi\n<ul><li>a</li><li>b</li></ul>', 'Hi\n\n- a\n- b', 'html'],
    ['marks in HTML', 'Hi\n\n<b>yes</b>, <i>now</i>', 'Hi\n\nyes, now', 'html'],
    [
      'a link in HTML',
      'see <a href="https://wheels.example/a">here</a>',
      'see here (https://wheels.example/a)',
      'html',
    ],
    ['thoughts', '<think>The customer wants\nx.</think>\n\nHi Kim', 'Hi Kim', 'thoughts'],
    ['a fence', '```\nHi Kim\n```', 'Hi Kim', 'fence'],
    ['a subject', 'Subject: Re: Bike\n\nHi Kim', 'Hi Kim', 'subject'],
    ['a subject in German', 'Betreff: Rad\nHallo Kim', 'Hallo Kim', 'subject'],
    ['a preface', 'Here is a draft of the reply:\n\nHi Kim', 'Hi Kim', 'preface'],
    ['a preface in bold', '**Here is the reply:**\n\nHi Kim', 'Hi Kim', 'markdown,preface'],
    ['a preface about an e-mail', "Sure! Here's an email you could send:\n\nHi Kim", 'Hi Kim', 'preface'],
    ['a preface without a blank line', 'Hier ist der Entwurf:\nHallo Kim', 'Hallo Kim', 'preface'],
    [
      'a preface and a rule',
      "Certainly, here's a reply:\n\n---\n\nHi Kim\n\nBye",
      'Hi Kim\n\nBye',
      'preface',
    ],
    ['a preface and a fence', 'Here is a draft:\n\n```\nHi Kim\n```', 'Hi Kim', 'preface,fence'],
    ['a bold subject', '**Subject:** Re: Bike\n\nHi Kim', 'Hi Kim', 'markdown,subject'],
    [
      'an offer to change it',
      'Hi Kim\n\nBye\n\n---\n\nLet me know if you would like a different tone!',
      'Hi Kim\n\nBye',
      'offer',
    ],
    [
      'an offer to change it, after a preface',
      'Here is a draft:\n\nHi Kim\n\nBye\n\nLet me know if the tone fits.',
      'Hi Kim\n\nBye',
      'preface,offer',
    ],
    [
      'an offer to change the reply',
      'Hi Kim\n\nBye\n\nWould you like me to shorten this reply?',
      'Hi Kim\n\nBye',
      'offer',
    ],
    ['a preface that thanks', 'Thank you! Here is the draft:\n\nHi Kim\n\nBye', 'Hi Kim\n\nBye', 'preface'],
    [
      'an offer to change the draft',
      'Hi Kim\n\nBye\n\nLet me know if you would like any changes to this draft.',
      'Hi Kim\n\nBye',
      'offer',
    ],
    [
      'an offer to change the reply, in German',
      'Hallo Kim\n\nGruß\n\nSagen Sie mir, ob ich diese Antwort noch anpassen soll.',
      'Hallo Kim\n\nGruß',
      'offer',
    ],
    ['Markdown', '**Price:** 32 euros, see `terms`', 'Price: 32 euros, see terms', 'markdown'],
    ['a link in Markdown', '[here](https://wheels.example/a)', 'here (https://wheels.example/a)', 'markdown'],
    ['a table', '| a | b |\n|---|---|\n| 1 | 2 |', 'a, b\n1, 2', 'markdown'],
    ['a second signature', 'Yes.\n\nKind regards\nYour team at Wheels', 'Yes.\n\nKind regards', 'signature'],
    ['all of it', `Yes.\n\nKind regards\n\n${signature}`, 'Yes.\n\nKind regards', 'signature'],
  ])('%s', (_name, text, plain, removed) => {
    expect(unpack(text)).toEqual([plain, removed])
  })

  test('a closing formula is removed if the signature begins with one', () => {
    expect(unpack('Yes.\n\nKind regards', ['Best regards\nWheels'])).toEqual(['Yes.', 'signature'])
  })
})

test.each([
  ['a multiplication', '3 * 15 = 45, 2 ** is odd'],
  ['a list', '1. Yes\n2. No\n- maybe'],
  ['a colon in the first line', 'Hi Kim: yes'],
  ['an answer to what was asked of a reply', 'Your reply came.\n\nThanks'],
  ['an offer to the customer', 'Hi\n\nLet me know if you would like another appointment.'],
  ['a signature below a rule', 'Yes.\n\n---\nKim'],
  ...[
    'Let me know if you want to change the wording.',
    'Please let me know if the text on the plate should be in capitals.',
    'Feel free to answer this e-mail if you want to change the text.',
    'Sagen Sie mir bitte, ob Ihnen der Entwurf gefällt.',
    'N’hésitez pas à nous dire si le ton du bois vous convient.',
    'Avísame si quieres cambiar el borrador del cartel.',
  ].map((last) => ['a question about the work of the owner', `Hi Kim\n\nIt costs 12 euros.\n\n${last}`]),
  ['a greeting with the answer', 'Sehr geehrte Frau Berg, hier unsere Antwort:\n\nWir öffnen um 10.'],
  ['a greeting in Spanish', 'Estimada Ana, en respuesta a su correo:\n\nAbrimos a las 10.'],
  ['thanks for an answer', 'Thank you for your reply. These are the prices:\n\nBike: 20 euros'],
  ['a number that was asked for', 'Hi Kim,\n\nour number:\n0201 555 0143'],
  ['part of a line of the signature', 'Hi Kim,\n\nyes, at\n0201 555 0143'],
  [
    'an address that was asked for',
    'Send it to:\n\nYour team at Wheels\nWheel Street 12\nPhone 0201 555 0143',
  ],
  ['an address in Japanese', '送付先：\nWheel Street 12'],
  ['a comparison', 'a < b and b > c, write to <kim@wheels.example>'],
  ['a path', 'It is in C:\\new.'],
  ['an address with underscores', 'https://wheels.example/a__b__c'],
  ['a sentence that names the team', 'Your team at Wheels is here for you on Monday.'],
])('%s stays as it is', (_name, text) => {
  expect(unpack(text)).toEqual([text, ''])
})

// As long as a reply may be: with worse than linear time some of them would take for ever.
test.each([
  '\\n',
  '\n',
  '\n ',
  ' ',
  '\t\n',
  '|',
  '| ',
  '|-',
  '---\n',
  ' ---',
  ':--- | ',
  '**',
  '<a href=',
  '<b>',
  '```\n',
  '[a](',
  'x: \n',
])('a reply of nothing but %j is read in time', (unit) => {
  expect(unpack(`Hi${unit.repeat(16_000 / unit.length)}x`)[0]).toContain('Hi')
})
