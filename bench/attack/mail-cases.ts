/** Headers by which strangers try to make replyd answer somebody else, believe them, or say what they want. */
import { type Letter, type LetterOptions, letter } from './letter.ts'

/** Domains chosen by a sender, as servers copy them into their results. */
const brokenOut = [',x', '(', '(x)', '"', '"x"', '/', ' x'].map(
  (cut) =>
    [
      `a domain that breaks out of its value: ${cut}`,
      `dkim=pass header.d=DOMAIN${cut}.evil.example`,
    ] as const,
)

export interface Case {
  name: string
  holds: string
  /** @param domain of the author, who is authenticated; no other mail uses it */
  make: (domain: string, to: string) => Letter
  /** Authentication-Results of the owner's server, above all other fields; null: none. */
  results?: string | null
  /** Fields above the Authentication-Results. */
  above?: string[]
  /** The reply may be sent, but only to the author. */
  mayBeSent?: true
}

const victim = 'victim@third-party.example'
const onlyAuthor = 'by itself replyd answers only the authenticated author'
const draft = 'a link or a telephone number in the subject makes a draft'

const fields =
  (...made: string[]) =>
  (domain: string, to: string) =>
    letter({ to, from: `eve@${domain}`, fields: made.map((field) => field.replaceAll('DOMAIN', domain)) })

const keys =
  (options: (domain: string) => Partial<LetterOptions>) =>
  (domain: string, to: string): Letter =>
    letter({ to, from: `eve@${domain}`, ...options(domain) })

const encoded = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`

/** An authenticated author wants other people to get the answer. */
export const relays: Case[] = [
  { name: 'Reply-To somebody else', holds: onlyAuthor, make: fields(`Reply-To: ${victim}`) },
  {
    name: 'Reply-To a subdomain of the author',
    holds: onlyAuthor,
    make: fields('Reply-To: kim@mail.DOMAIN'),
  },
  { name: 'Reply-To another mailbox of the domain', holds: onlyAuthor, make: fields('Reply-To: kim@DOMAIN') },
  {
    name: 'Reply-To the author and somebody else',
    holds: onlyAuthor,
    make: fields(`Reply-To: eve@DOMAIN, ${victim}`),
  },
  { name: 'Reply-To as a group', holds: onlyAuthor, make: fields(`Reply-To: friends: ${victim};`) },
  {
    name: 'two fields Reply-To',
    holds: onlyAuthor,
    make: fields('Reply-To: eve@DOMAIN', `Reply-To: ${victim}`),
  },
  {
    name: 'two authors',
    holds: onlyAuthor,
    make: keys((domain) => ({ author: `Eve <eve@${domain}>, <${victim}>` })),
  },
  { name: 'two fields From', holds: onlyAuthor, make: fields(`From: ${victim}`) },
  {
    name: 'an author within a comment',
    holds: onlyAuthor,
    make: keys((domain) => ({ author: `${victim} (eve@${domain})` })),
  },
  {
    name: 'an address as quoted local part',
    holds: onlyAuthor,
    mayBeSent: true,
    make: keys((domain) => ({ author: `"${victim}"@${domain}` })),
  },
  {
    name: 'an encoded word as address',
    holds: onlyAuthor,
    make: keys((domain) => ({ author: `=?utf-8?q?${victim.replace('@', '=40')}?= <eve@${domain}` })),
  },
  {
    name: 'Mail-Followup-To',
    holds: onlyAuthor,
    mayBeSent: true,
    make: fields(`Mail-Followup-To: ${victim}`),
  },
  { name: 'Sender is somebody else', holds: onlyAuthor, mayBeSent: true, make: fields(`Sender: ${victim}`) },
  {
    name: 'Errors-To and Return-Receipt-To',
    holds: onlyAuthor,
    mayBeSent: true,
    make: fields(`Errors-To: ${victim}`, `Return-Receipt-To: ${victim}`),
  },
  {
    name: 'Disposition-Notification-To',
    holds: onlyAuthor,
    mayBeSent: true,
    make: fields(`Disposition-Notification-To: ${victim}`),
  },
  {
    name: 'Resent-From and Resent-To',
    holds: onlyAuthor,
    mayBeSent: true,
    make: fields(`Resent-From: ${victim}`, `Resent-To: ${victim}`),
  },
  {
    name: 'Cc to twenty strangers',
    holds: onlyAuthor,
    mayBeSent: true,
    make: fields(`Cc: ${Array.from({ length: 20 }, (_, at) => `s${at}@third-party.example`).join(', ')}`),
  },
  { name: 'Bcc', holds: onlyAuthor, mayBeSent: true, make: fields(`Bcc: ${victim}`) },
  {
    name: 'an address as display name',
    holds: 'no display name of a stranger in To',
    mayBeSent: true,
    make: keys((domain) => ({ author: `"${victim}" <eve@${domain}>` })),
  },
  {
    name: 'advertising as display name',
    holds: 'no display name of a stranger in To',
    mayBeSent: true,
    make: keys((domain) => ({ author: `"Win at evil.example" <eve@${domain}>` })),
  },
  {
    name: 'a Bcc within an encoded display name',
    holds: 'the header is built from values, on one line each',
    mayBeSent: true,
    make: keys((domain) => ({ author: `${encoded(`x\r\nBcc: ${victim}`)} <eve@${domain}>` })),
  },
  {
    name: 'a Bcc within an encoded subject',
    holds: 'the header is built from values, on one line each',
    mayBeSent: true,
    make: keys(() => ({ subject: encoded(`x\r\nBcc: ${victim}`) })),
  },
  {
    name: 'a Bcc within References',
    holds: 'only ids are taken over',
    mayBeSent: true,
    make: fields(`References: <a@b>\u000bBcc: ${victim}`),
  },
  {
    name: 'References with a thousand ids',
    holds: 'ids are counted',
    mayBeSent: true,
    make: fields(
      `References: ${Array.from({ length: 1000 }, (_, at) => `<reference.${at}@long.example>`).join('\r\n ')}`,
    ),
  },
  ...[
    ['a link', 'Win at www.evil.example'],
    ['a bare domain', 'Visit evil-shop.com today'],
    ['a link with brackets', 'Win at evil-shop[.]com'],
    ['a link in full width', 'Win at ｅｖｉｌ-shop．ｃｏｍ'],
    ['a link with an ideographic stop', 'Win at evil-shop。com'],
    ['a link with a hidden character', 'Win at evil-shop\u200b.com'],
    ['hxxp', 'Win at hxxp://evil-shop/x'],
    ['an address', 'Write to eve@evil-shop.com'],
    ['a telephone number', 'Call +49 30 1234567 now'],
    ['a telephone number in full width', 'Call ＋４９ ３０ １２３４５６７ now'],
    ['a telephone number with dots', 'Call 030.1234.5678 now'],
  ].map(
    ([name = '', subject = '']): Case => ({
      name: `the subject holds ${name}`,
      holds: draft,
      make: keys(() => ({ subject: encoded(subject) })),
    }),
  ),
]

const results = 'only the topmost unbroken block of the own servers counts'
const received = 'Received: from a.example by mx.evil.example; Tue, 24 Nov 2026 09:00:00 +0000'
const pass = (id: string, domain = 'DOMAIN') =>
  `Authentication-Results: ${id}; dmarc=pass header.from=${domain}`

/** Nobody has authenticated the author, but the mail claims it. */
export const forgeries: Case[] = [
  { name: 'no results at all', holds: results, results: null, make: fields() },
  {
    name: 'a pass below the first Received',
    holds: results,
    results: null,
    make: fields(received, pass('mx.replyd.test')),
  },
  {
    name: 'a pass below a fail and Received',
    holds: results,
    results: 'dmarc=fail',
    make: fields(received, pass('mx.replyd.test')),
  },
  {
    name: 'a pass directly below a fail',
    holds: results,
    results: 'dmarc=fail',
    make: fields(pass('mx.replyd.test')),
  },
  { name: 'a pass of another server', holds: results, results: null, make: fields(pass('mx.evil.example')) },
  {
    name: 'an id that begins like the own',
    holds: results,
    results: null,
    make: fields(pass('mx.replyd.test.evil.example')),
  },
  {
    name: 'an id that ends like the own',
    holds: results,
    results: null,
    make: fields(pass('evil.mx.replyd.test')),
  },
  {
    name: 'the own id in a comment',
    holds: results,
    results: null,
    make: fields(pass('mx.evil.example (mx.replyd.test)')),
  },
  {
    name: 'the own id as version',
    holds: results,
    results: null,
    make: fields(pass('mx.evil.example mx.replyd.test')),
  },
  {
    name: 'a pass for another domain',
    holds: results,
    results: null,
    make: fields(pass('mx.replyd.test', 'other.example')),
  },
  {
    name: 'a pass in a comment of a fail',
    holds: results,
    results: 'dmarc=fail (dmarc=pass)',
    make: fields(),
  },
  {
    name: 'a pass in the reason of a fail',
    holds: results,
    results: 'dmarc=fail reason="; dmarc=pass"',
    make: fields(),
  },
  {
    name: 'a pass of SPF for another domain',
    holds: results,
    results: 'spf=pass smtp.mailfrom=evil.example; dmarc=none',
    make: fields(),
  },
  {
    name: 'a pass of DKIM for another domain',
    holds: results,
    results: 'dkim=pass header.d=evil.example; dmarc=none',
    make: fields(),
  },
  {
    name: 'a pass in ARC-Authentication-Results',
    holds: results,
    results: null,
    make: fields('ARC-Authentication-Results: i=1; mx.replyd.test; dmarc=pass header.from=DOMAIN'),
  },
  {
    name: 'a pass in Received-SPF',
    holds: results,
    results: null,
    make: fields('Received-SPF: pass (mx.replyd.test: domain of eve@DOMAIN)'),
  },
  {
    name: 'a pass folded into another field',
    holds: results,
    results: null,
    make: fields('X-Note: hello\r\n Authentication-Results: mx.replyd.test; dmarc=pass header.from=DOMAIN'),
  },
  ...brokenOut.map(
    ([name, said]): Case => ({ name, holds: results, results: `${said}; dmarc=none`, make: fields() }),
  ),
]

const loop = 'programs are never answered'

/** Programs that answer programs. */
export const loops: Case[] = [
  { name: 'Auto-Submitted', holds: loop, make: fields('Auto-Submitted: auto-replied') },
  {
    name: 'a bounce without a return address',
    holds: loop,
    above: ['Return-Path: <>'],
    make: keys((domain) => ({
      from: `mailer-daemon@${domain}`,
      subject: 'Undelivered Mail Returned to Sender',
    })),
  },
  {
    name: 'a mailing list',
    holds: loop,
    make: fields('List-Id: <all.DOMAIN>', 'List-Post: <mailto:all@DOMAIN>'),
  },
  { name: 'Precedence: bulk', holds: loop, make: fields('Precedence: bulk') },
  { name: 'the own address as author', holds: loop, make: (_, to) => letter({ to, from: to }) },
  {
    name: "the owner's other account as author",
    holds: loop,
    make: (_, to) => letter({ to, from: 'checking@replyd.test' }),
  },
  { name: 'noreply as author', holds: loop, make: keys((domain) => ({ from: `noreply@${domain}` })) },
  { name: 'X-Auto-Response-Suppress', holds: loop, make: fields('X-Auto-Response-Suppress: All') },
  {
    name: 'sent to somebody else',
    holds: 'not addressed',
    make: (domain) => letter({ to: victim, from: `eve@${domain}` }),
  },
]

const many = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join('')

/** Mails that take readers a long time. */
export const bombs: [string, (to: string) => Letter][] = [
  [
    '10,000 parts within each other',
    (to) =>
      letter({
        to,
        fields: ['Content-Type: multipart/mixed; boundary=b0'],
        text: many(10_000, (at) => `--b${at}\r\nContent-Type: multipart/mixed; boundary=b${at + 1}\r\n\r\n`),
      }),
  ],
  [
    '100,000 parts beside each other',
    (to) =>
      letter({
        to,
        fields: ['Content-Type: multipart/mixed; boundary=b'],
        text: many(100_000, () => '--b\r\n\r\nx\r\n'),
      }),
  ],
  [
    '50,000 header fields',
    (to) => letter({ to, fields: Array.from({ length: 50_000 }, (_, at) => `X-${at}: x`) }),
  ],
  [
    '100,000 recipients',
    (to) =>
      letter({
        to: `${to},\r\n ${Array.from({ length: 100_000 }, (_, at) => `a${at}@b.example`).join(',\r\n ')}`,
      }),
  ],
  ['100,000 brackets in From', (to) => letter({ to, author: `${'('.repeat(900)}\r\n `.repeat(110) })],
  [
    'a megabyte of encoded words',
    (to) => letter({ to, subject: Array(20_000).fill('=?utf-8?q?=41=42=43=44=45=46?=').join('\r\n ') }),
  ],
  [
    '100,000 elements of HTML within each other',
    (to) =>
      letter({
        to,
        fields: ['Content-Type: text/html'],
        text: many(100_000, () => '<div style="display:block">\r\n'),
      }),
  ],
  [
    'ten megabytes of base64',
    (to) =>
      letter({
        to,
        fields: ['Content-Type: text/plain', 'Content-Transfer-Encoding: base64'],
        text: `${'QUFB'.repeat(18)}\r\n`.repeat(140_000),
      }),
  ],
  [
    '100,000 lines that look like a quotation',
    (to) => letter({ to, text: many(100_000, (at) => `On Monday ${at}, Kim <kim@x.example> wrote:\r\n`) }),
  ],
  ['a megabyte without a line end', (to) => letter({ to, text: 'a '.repeat(500_000) })],
  ['a megabyte of spaces', (to) => letter({ to, text: `x${' '.repeat(1_000_000)}y` })],
  ['100,000 lines of one bracket', (to) => letter({ to, text: '>\r\n'.repeat(100_000) })],
  [
    'an unknown charset and UTF-7',
    (to) =>
      letter({
        to,
        fields: ['Content-Type: text/plain; charset="utf-7"'],
        text: '+ADw-script+AD4-'.repeat(10_000),
      }),
  ],
]
