import { expect, test } from '@jest/globals'
import { parseOctets } from '../../../src/mail/mime/octets.ts'
import { matterOf, passedOn } from '../../../src/mail/text/passed-on.ts'

const isOwn = (address: string) => address === 'shop@wheels.example'
const mail = (subject: string, body: string, more = '') =>
  parseOctets(
    Buffer.from(
      `From: Kim <kim@client.example>\r\nTo: shop@wheels.example\r\nSubject: ${subject}\r\n${more}\r\n${body.replaceAll('\n', '\r\n')}`,
    ),
  )
const quoteOf = (from: string) =>
  `Can you help?\n\nOn 8 Dec 2026 at 10:00, ${from} wrote:\n> What does a bike cost?\n`

test.each([
  ['a forward by its subject', mail('Fwd: Bike', quoteOf('Ann <ann@other.example>')), 'FORWARDED'],
  ['a forward by its subject in German', mail('WG: Rad', quoteOf('Ann <ann@other.example>')), 'FORWARDED'],
  [
    'somebody else’s mail in one that answers nothing',
    mail('Bike', quoteOf('Ann <ann@other.example>')),
    'FORWARDED',
  ],
  ['the owner’s own mail', mail('Re: Bike', quoteOf('Shop <shop@wheels.example>')), 'QUOTED'],
  [
    'an answer',
    mail('Re: Bike', quoteOf('Ann <ann@other.example>'), 'In-Reply-To: <a@other.example>\r\n'),
    'QUOTED',
  ],
  ['no quotation', mail('Bike', 'What does a bike cost?'), undefined],
])('%s', (_name, message, kind) => {
  expect(passedOn(message, isOwn)?.kind).toBe(kind)
})

test('a quotation of one owner’s mail counts as forwarded in another owner’s mailbox', () => {
  const message = mail('Bike', quoteOf('Shop <shop@wheels.example>'))
  expect(passedOn(message, isOwn)?.kind).toBe('QUOTED')
  expect(passedOn(message, () => false)?.kind).toBe('FORWARDED')
})

const maria = 'When are you open between the holidays?'
const headerOf = (from: string, labels = ['From', 'Sent', 'To', 'Subject']) =>
  [from, 'Wednesday, November 25, 2026 10:00 AM', 'Paul <paul@client.example>', 'Opening hours']
    .map((value, at) => `${labels[at]}: ${value}`)
    .join('\n')
const guest = 'Maria Lund <maria@guest.example>'

test.each([
  [
    'Gmail',
    'Fwd: Hours',
    `---------- Forwarded message ---------\n${headerOf(guest, ['From', 'Date', 'To', 'Subject'])}`,
  ],
  ['Outlook', 'FW: Hours', headerOf(guest)],
  ['Outlook in German', 'WG: Hours', headerOf(guest, ['Von', 'Gesendet', 'An', 'Betreff'])],
  ['Outlook in French', 'TR: Hours', headerOf(guest, ['De', 'Envoyé', 'À', 'Objet'])],
  ['Outlook behind a tag', '[EXTERN] WG: Hours', headerOf(guest, ['Von', 'Gesendet', 'An', 'Betreff'])],
  ['Apple Mail', 'Fwd: Hours', `Begin forwarded message:\n\n${headerOf(guest)}`],
  [
    'Apple Mail in Spanish',
    'Rv: Hours',
    `Inicio del mensaje reenviado:\n\n${headerOf(guest, ['De', 'Fecha', 'Para', 'Asunto'])}`,
  ],
  [
    'Thunderbird',
    'Fwd: Hours',
    `-------- Weitergeleitete Nachricht --------\n${headerOf(guest, ['Von', 'Datum', 'An', 'Betreff'])}`,
  ],
  [
    'a subject of the author’s own',
    'Please answer',
    `---------- Forwarded message ---------\n${headerOf(guest)}`,
  ],
])('the matter is the note and the forwarded mail: %s', (_, subject, header) => {
  const matter = matterOf(mail(subject, `Can you answer her?\n\n${header}\n\nHello Paul,\n\n${maria}`), isOwn)
  expect(matter).toContain('Can you answer her?')
  expect(matter).toContain(maria)
})

test('a mail forwarded in HTML loses its quote marks', () => {
  const html = `<div>Can you answer her?</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Maria &lt;maria@guest.example&gt;<br>Subject: Hours</div><br><div>${maria}</div></div>`
  const matter = matterOf(mail('Fwd: Hours', html, 'Content-Type: text/html\r\n'), isOwn)
  expect(matter).toContain('Can you answer her?')
  expect(matter).toMatch(new RegExp(`^${maria.replace('?', '\\?')}$`, 'm'))
})

const ours = 'Shop <shop@wheels.example>'

test.each([
  [
    'a forward of the owner’s own mail',
    'Fwd: Hours',
    `---------- Forwarded message ---------\n${headerOf(ours)}`,
  ],
  ['the same from Outlook', 'FW: Hours', headerOf(ours)],
  ['an answer', 'Re: Hours', headerOf(guest)],
  ['an answer to a forward', 'Re: Fwd: Hours', `-----Original Message-----\n${headerOf(ours)}`],
  ['an attribution', 'Re: Hours', 'On 25 Nov 2026, Shop <shop@wheels.example> wrote:'],
])('the matter excludes the history: %s', (_, subject, header) => {
  const text = `Thank you.\n\n${header}\n\n${maria}`
  expect(matterOf(mail(subject, text, 'In-Reply-To: <a@wheels.example>\r\n'), isOwn)).toBe('Thank you.')
})

test('without a note, the matter is the forwarded text', () => {
  const text = `---------- Forwarded message ---------\n${headerOf(guest)}\n\nHello Paul,\n\n${maria}`
  expect(matterOf(mail('Fwd: Hours', text), isOwn)).toBe(`Hello Paul,\n\n${maria}`)
})
