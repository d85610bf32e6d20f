/** Introductions of quoted mail that no list knows, and words of the author that look like one. */
import { expect, test } from '@jest/globals'
import { visibleText } from '../../../src/mail/text/visible.ts'
import { messageOf } from '../messages.ts'

const read = (...lines: string[]) =>
  visibleText(
    messageOf(
      'From: Anna Berg <anna.berg@kunde.example>',
      'To: Harbor Support <support@harbor.example>',
      'Subject: Re: Order 4711',
      'Content-Type: text/plain; charset=utf-8',
      '',
      ...lines,
    ),
  ).text

const own = ['I still have not received the parcel.', 'Can you check?']
const marked = ['> Dear Anna,', '> your parcel left our warehouse on Monday.']
const unmarked = ['Dear Anna,', 'your parcel left our warehouse on Monday.']
const indented = unmarked.map((line) => `    ${line}`)
const us = 'Harbor Support <support@harbor.example>'

test.each([
  ['Catalan', `Missatge de ${us} del dia dc., 25 de nov. 2026 a les 10:00:`],
  ['Galician', 'O mér, 25 nov 2026 ás 10:00, Harbor Support (<support@harbor.example>) escribiu:'],
  ['Serbian', `сре, 25. нов 2026. у 10:00 ${us} је написао/ла:`],
  ['Afrikaans', `Op Wo. 25 Nov. 2026 om 10:00 het ${us} geskryf:`],
  ['Basque', `${us} igorleak hau idatzi du (2026 aza. 25, az. (10:00)):`],
  ['Icelandic', `Þann mið., 25. nóv. 2026 kl. 10:00 skrifaði ${us}:`],
  ['Albanian', `Më mër, 25 nën 2026 në 10:00 ${us} shkroi:`],
  ['Swahili', `Mnamo Jtn, 25 Nov 2026 saa 10:00 ${us} aliandika:`],
  ['Malay', `Pada Rab, 25 Nov 2026 pada 10:00 ${us} telah menulis:`],
  ['Arabic with its own digits', `في الأربعاء، ٢٥ نوفمبر ٢٠٢٦ في ١٠:٠٠ تمت كتابة ما يلي بواسطة ${us}:`],
  ['Persian of the Persian year', `در تاریخ چهارشنبه ۴ آذر ۱۴۰۵ ساعت ۱۰:۰۰ ${us}:`],
  ['Hindi', `बुध, २५ नव॰ २०२६ को १०:०० बजे को ${us} ने कहा:`],
  ['Thai of the Buddhist year', `เมื่อ พ. 25 พ.ย. 2569 เวลา 10:00 ${us}:`],
  ['wrapped before the verb', `сре, 25. нов 2026. у 10:00 ${us} је\nнаписао/ла:`],
  [
    'wrapped before the address',
    'Op Wo. 25 Nov. 2026 om 10:00 het Harbor Support\n<support@harbor.example> geskryf:',
  ],
  ['no verb', `2026-11-25 10:00 GMT+01:00 ${us}:`],
  ['no verb and no colon', `${us} 25.11.2026 10:00`],
  ['square brackets', `${us} [2026-11-25 10:00:00 +0100]:`],
])('%s: a line with an address and a date above marked text', (_, line) => {
  expect(read(...own, '', ...line.split('\n'), '', ...marked)).toBe(own.join('\n'))
  expect(read(...own, '', ...line.split('\n'), ...marked)).toBe(own.join('\n'))
})

test.each([
  ['Airmail', 'On 25 November 2026 at 10:00:12, Harbor Support (support@harbor.example) said:'],
  ['Airmail in German', 'Am 25. November 2026 um 10:00:12, Harbor Support (support@harbor.example) sagte:'],
  ['a verb of no list', `Op Wo. 25 Nov. 2026 om 10:00 het ${us} geskryf:`],
  ['no verb', '25/11/2026 10:00, Harbor Support (support@harbor.example):'],
  ['GroupWise', '>>> "Harbor Support" <support@harbor.example> 25.11.2026 10:00 >>>'],
  ['GroupWise without an address', '>>> Harbor Support 11/25/26 10:00 AM >>>'],
  [
    'GroupWise with an id',
    '>>> On 11/25/2026 at 10:00 AM, in message <5AB@harbor.example>, Harbor Support <support@harbor.example> wrote:',
  ],
])('%s: above text without marks, from somebody of this conversation', (_, line) => {
  expect(read(...own, '', line, ...unmarked)).toBe(own.join('\n'))
  expect(read(...own, '', line, '', '', ...unmarked)).toBe(own.join('\n'))
  expect(read(...own, '', line, '', ...indented)).toBe(own.join('\n'))
})

test.each([
  ['the author tells where a text is from', `On 25 November 2026 at 10:00 I got this from ${us}:`],
  [
    'the author tells it in German',
    `Am 25.11.2026 um 10:00 habe ich von ${us} erfahren, dass ich noch warten soll:`,
  ],
  [
    'a sentence before the address',
    'Please send the following things to the new address of Maria (maria@gast.example) until 3/12/2026 10:00:',
  ],
  ['no moment', 'Please write to (support@harbor.example):'],
  ['somebody else', 'Le 25/11/2026 à 10:00, Maria (maria@gast.example) :'],
  ['an address of a host', 'The server (support@harbor.example) said 550 at 192.0.2.25:'],
])('%s: kept with the text below', (_, line) => {
  expect(read(...own, '', line, '', ...unmarked)).toBe([...own, '', line, '', ...unmarked].join('\n'))
})

test.each([
  'am 12.11.2026 haben Sie mir geschrieben:',
  'am 12.11.2026 schrieb mir Herr Müller:',
  'On 12 November 2026 your Mr Smith wrote:',
  'Le 12/11/2026 vous m’avez écrit :',
  'El 12/11/2026 usted me escribió:',
  'Op 12-11-2026 heeft u mij geschreven:',
  '2026年11月12日のメール：',
  'In your mail of 12 November 2026 (support@harbor.example) you wrote:',
])('the author tells what they were written: %s', (line) => {
  const text = ['Hello,', '', line, '', '"It comes on Friday."', '', 'Where is it?']
  expect(read(...text)).toBe(text.join('\n'))
})

test.each([
  '‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐',
  '――――― Ursprüngliche Nachricht ―――――',
  '───── Forwarded message ─────',
  '—— Original Message ——',
  '－－－－－ 元のメッセージ －－－－－',
])('a mark between rules of other dashes: %s', (mark) => {
  expect(read(...own, '', mark, ...unmarked)).toBe(own.join('\n'))
})

test.each([
  [
    'below',
    `Can you check?\n-------- Original message --------From: ${us} Date: 11/23/26  3:52 PM  (GMT-06:00) To: anna.berg@kunde.example Subject: Status`,
  ],
  [
    'on the same line',
    `Can you check?-------- Original message --------From: ${us} Date: 11/23/26 To: anna.berg@kunde.example Subject: Status`,
  ],
  [
    'in German',
    `Can you check? -------- Ursprüngliche Nachricht --------Von: ${us} Datum: 23.11.26 15:52 An: anna.berg@kunde.example Betreff: Status`,
  ],
  [
    'without a mark',
    `Can you check?\n\nFrom: ${us} Date: 11/23/26 3:52 PM To: anna.berg@kunde.example Subject: Status`,
  ],
])('a header on one line, %s', (_, text) => {
  expect(read(...text.split('\n'), '    ', '      ', ...unmarked)).toBe('Can you check?')
})

test.each([
  [
    'Icelandic',
    [
      'Frá: Harbor Support <support@harbor.example>',
      'Sent: miðvikudagur, 25. nóvember 2026 10:00',
      'Til: Anna Berg',
      'Efni: Re: Order 4711',
    ],
  ],
  ['Maltese', ['Minn: support@harbor.example', 'Mibgħut: 25/11/2026 10:00', 'Suġġett: Order 4711']],
  [
    'bold labels',
    ['*Frá:* Harbor Support <support@harbor.example>', '*Dags:* 25.11.2026 10:00', '*Efni:* Order 4711'],
  ],
  [
    'a table as NetEase writes it',
    [
      '| From | Harbor Support<support@harbor.example> |',
      '| Date | 11/25/2026 10:00 |',
      '| To | <anna.berg@kunde.example> |',
      '| Subject | Re: Order 4711 |',
    ],
  ],
  [
    'the same in Chinese',
    [
      '| 发件人 | Harbor Support<support@harbor.example> |',
      '| 日期 | 2026年11月25日 10:00 |',
      '| 收件人 | anna.berg@kunde.example |',
      '| 主题 | 回复：Order 4711 |',
    ],
  ],
  [
    'a table in a language of no list',
    [
      '| Frá | Harbor Support <support@harbor.example> |',
      '| Dags | 25.11.2026 10:00 |',
      '| Efni | Order 4711 |',
    ],
  ],
  [
    'cells without borders',
    [
      'From Harbor Support <support@harbor.example>',
      'Date 11/25/2026 10:00',
      'To anna.berg@kunde.example',
      'Subject Re: Order 4711',
    ],
  ],
])('a header block, %s', (_, block) => {
  expect(read(...own, '', ...block, '', '', ...unmarked)).toBe(own.join('\n'))
})

test.each([
  [
    'what a visitor filled in',
    ['Name: Anna Berg', 'E-Mail: anna.berg@kunde.example', 'Datum: 25.11.2026', 'Betreff: Order 4711'],
  ],
  ['facts', ['Order: 4711', 'Delivery: 25.11.2026', 'Contact: anna.berg@kunde.example']],
  ['no subject', ['Contact: support@harbor.example', 'Delivery: 25.11.2026', 'Product: lamp']],
  ['a table of the author’s', ['| Product | Lamp |', '| Date | 25.11.2026 |', '| Subject | Order 4711 |']],
])('lines with labels that are the author’s: %s', (_, block) => {
  const text = [...own, '', ...block, '', 'Please confirm.']
  expect(read(...text)).toBe(text.join('\n'))
})
