import { describe, expect, test } from '@jest/globals'
import { codes, letter, letterOf, textPart, verdict } from './letter.ts'

/** Each row: the changed fields of an ordinary letter, and what the gate says. */
type Rows = readonly (readonly [fields: string | readonly string[], expected: string])[]

function check(rows: Rows): void {
  test.each(rows.map(([fields, expected]) => [[fields].flat(), expected] as const))(
    '%j gives %s',
    (fields, expected) => {
      expect(verdict(letter(fields))).toBe(expected)
    },
  )
}

describe('an ordinary letter', () => {
  check([[[], 'may ok']])
})

describe('own-message', () => {
  test.each([
    [{ specialUse: '\\Sent' }, 'never own-message'],
    [{ specialUse: '\\Drafts' }, 'never own-message'],
    [{ specialUse: '\\sent' }, 'never own-message'],
    [{ specialUse: '\\Archive' }, 'may ok'],
    [{ specialUse: '\\Inbox' }, 'may ok'],
    [{ flags: ['\\Draft'] }, 'never own-message'],
    [{ flags: ['\\draft'] }, 'never own-message'],
    [{ flags: ['Draft'] }, 'may ok'],
    [{ sentMessageIds: new Set(['<g1@quarry.example>']) }, 'never own-message'],
    [{ sentMessageIds: new Set(['g1@quarry.example']) }, 'never own-message'],
    [{ sentMessageIds: new Set(['<g2@quarry.example>']) }, 'may ok'],
  ])('%j gives %s', (context, expected) => {
    expect(verdict(letter(), context)).toBe(expected)
  })
  test('a bare id is compared, too', () => {
    expect(
      verdict(letter(['Message-ID: g1@x.example']), { sentMessageIds: new Set(['<g1@x.example>']) }),
    ).toBe('never own-message')
  })
  test('every Message-ID field is compared', () => {
    const twice = letter(['Message-ID: <a@x.example>', 'Message-ID: <b@x.example>'])
    expect(verdict(twice, { sentMessageIds: new Set(['<b@x.example>']) })).toBe('never own-message')
  })
  test('a colleague at our domain is not us', () => {
    expect(verdict(letter(['Message-ID: <x1@harbor.example>']))).toBe('may ok')
  })
  check([
    ['X-Loop: mara@harbor.example', 'never own-message'],
    ['X-Loop: OFFICE@Harbor.Example', 'never own-message'],
    ['X-Loop: seen by <mara+tag@harbor.example> (again)', 'never own-message'],
    ['X-Loop: mara@harbor.example.evil.example', 'draft loop-marker'],
    ['X-Loop: xmara@harbor.example', 'draft loop-marker'],
    [['X-Loop: other@x.example', 'X-Loop: mara@harbor.example'], 'never own-message'],
  ])
})

describe('already-handled', () => {
  test.each([
    [{ specialUse: '\\Trash' }, 'never already-handled'],
    [{ flags: ['\\Answered'] }, 'never already-handled'],
    [{ flags: ['\\Seen', '\\DELETED'] }, 'never already-handled'],
    [{ flags: ['\\Seen', '\\Flagged', '$Forwarded'] }, 'may ok'],
    [{ answeredMessageIds: new Set(['<g1@quarry.example>']) }, 'never already-handled'],
    [{ answeredMessageIds: new Set(['<g11@quarry.example>']) }, 'may ok'],
  ])('%j gives %s', (context, expected) => {
    expect(verdict(letter(), context)).toBe(expected)
  })
})

describe('self-sent', () => {
  check([
    ['From: office@harbor.example', 'never self-sent'],
    ['From: Me <MARA@HARBOR.EXAMPLE>', 'never self-sent'],
    ['From: mara+todo@harbor.example', 'never self-sent'],
    ['From: "mara"@harbor.example', 'never self-sent'],
    ['From: mara@harbor.example.', 'never self-sent'],
    [['From: jonas@quarry.example, mara@harbor.example'], 'never self-sent'],
    ['From: mara@harbor.example.evil.example', 'may ok'],
    ['From: amara@harbor.example', 'may ok'],
    ['From: mara.l@harbor.example', 'may ok'],
    ['From: mara@sub.harbor.example', 'may ok'],
    ['Sender: office@harbor.example', 'never self-sent'],
    ['Sender: desk@harbor.example', 'may ok'],
    ['Reply-To: mara@harbor.example', 'never self-sent'],
    ['Reply-To: mara@harbor.example, office@harbor.example', 'never self-sent'],
    ['Reply-To: mara@harbor.example, jonas@quarry.example', 'draft multiple-reply-to'],
    // Our own web form: the visitor stands in Reply-To.
    [['From: office@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    [['From: office@harbor.example', 'Reply-To: a@lakeside.example, b@lakeside.example'], 'never self-sent'],
    [
      ['From: office@harbor.example, mara@harbor.example', 'Reply-To: selma@lakeside.example'],
      'never self-sent',
    ],
    [['From: office@harbor.example', 'Reply-To: mara@harbor.example'], 'never self-sent'],
    [
      ['From: office@harbor.example', 'Sender: office@harbor.example', 'Reply-To: s@lake.example'],
      'draft contact-form',
    ],
  ])
})

describe('dsn, mdn, arf, report', () => {
  const report = (parameters: string) => `multipart/report${parameters}`
  const status = (type: string) => `Content-Type: ${type}\n\nFinal-Recipient: rfc822; a@b.example`
  test.each([
    [report('; report-type=delivery-status'), [textPart], 'never dsn'],
    [report('; Report-Type="Delivery-Status"'), [textPart], 'never dsn'],
    [report('; report-type=disposition-notification'), [textPart], 'never mdn'],
    [report('; report-type=feedback-report'), [textPart], 'never arf'],
    [report('; report-type=tlsrpt'), [textPart], 'never report'],
    [report(''), [textPart], 'never report'],
    [report(''), [textPart, status('message/delivery-status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('message/delivery-status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('Message/Global-Delivery-Status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('message/disposition-notification')], 'never mdn'],
    ['multipart/mixed', [textPart, status('message/feedback-report')], 'never arf'],
    ['multipart/mixed', [textPart, status('text/rfc822-headers')], 'may ok'],
    ['multipart/mixed; report-type=delivery-status', [textPart], 'may ok'],
  ])('%s with %j gives %s', (type, parts, expected) => {
    expect(verdict(letterOf(type, parts))).toBe(expected)
  })
  test('a status part deep in the tree counts', () => {
    const inner = `Content-Type: multipart/mixed; boundary=b2\n\n--b2\n${status('message/delivery-status')}\n--b2--`
    expect(verdict(letterOf('multipart/mixed', [textPart, inner]))).toBe('never dsn')
  })
  test('a bounce that a person attached does not', () => {
    const inner = `From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b2\n\n--b2\n${status('message/delivery-status')}\n--b2--`
    expect(verdict(letterOf('multipart/mixed', [textPart, `Content-Type: message/rfc822\n\n${inner}`]))).toBe(
      'may ok',
    )
  })
  check([
    ['X-Failed-Recipients: a@b.example', 'never dsn'],
    ['X-Failed-Recipients:', 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Undeliverable: Gravel'], 'never dsn'],
    [['From: Post_Master@x.example', 'Subject: FAILURE NOTICE'], 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Warning: message g1 is delayed'], 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Warning: disk full'], 'draft postmaster-sender'],
    [['From: postmaster@x.example', 'Subject: Your failure notice'], 'draft postmaster-sender'],
    ['Subject: Undeliverable: Gravel', 'may ok'],
    ['TLS-Report-Domain: x.example', 'never report'],
    ['Subject: Report Domain: x.example Submitter: y.example Report-ID: <1@y>', 'never report'],
    ['Subject: Report domain: x.example\n Submitter: y.example', 'never report'],
    ['Subject: [Preview] Report Domain: x.example Submitter: y.example', 'never report'],
    ['Subject: Re: Report Domain: x.example Submitter: y.example', 'may ok'],
    ['Subject: Report Domain: x.example', 'may ok'],
    ['Subject: What is "Report Domain: x Submitter: y"?', 'may ok'],
  ])
  test.each([
    'undeliverable',
    'Undelivered Mail Returned',
    'mail delivery failed',
    'Mail delivery failure',
    'Mail Delivery System',
    'Delivery Status Notification (Failure)',
    'delivery failure',
    'Delivery failed',
    'delivery has failed',
    'failure notice',
    'Returned mail: see transcript',
    'Mail System Error - x',
    'Message not delivered',
    'Non-delivery',
    'nondeliverable',
    'Warning: message delayed',
  ])('postmaster and "%s" is a bounce', (subject) => {
    expect(verdict(letter(['From: postmaster@x.example', `Subject: ${subject}`]))).toBe('never dsn')
  })
})

describe('null-return-path', () => {
  check([
    ['Return-Path: <>', 'never null-return-path'],
    ['Return-Path:', 'never null-return-path'],
    ['Return-Path: < >', 'never null-return-path'],
    ['Return-Path:\n (local) <\n >', 'never null-return-path'],
    ['Return-Path: <#@[]>', 'never null-return-path'],
    ['Return-Path: <> (a@b.example)', 'never null-return-path'],
    ['Return-Path: <mailbox>', 'never null-return-path'],
    [['Return-Path: <jonas@quarry.example>', 'Return-Path: <>'], 'never null-return-path'],
    ['-Return-Path', 'may ok'],
    ['Return-Path: jonas@quarry.example', 'may ok'],
    ['Return-Path: <bounces+123@mail.quarry.example>', 'may ok'],
    ['X-Return-Path: <>', 'may ok'],
  ])
})

describe('list-mail', () => {
  check([
    ...[
      'List-Id',
      'List-Post',
      'List-Owner',
      'List-Subscribe',
      'List-Help',
      'List-Archive',
      'Mailing-List',
      'X-Mailing-List',
      'X-ML-Name',
      'X-BeenThere',
      'X-Mailman-Version',
      'X-Google-Group-Id',
    ].flatMap(
      (name) =>
        [
          [`${name}: x`, 'never list-mail'],
          [`${name.toUpperCase()}:`, 'never list-mail'],
        ] as const,
    ),
    ['List-Post: NO', 'never list-mail'],
    ['X-List-Id-Like: x', 'may ok'],
    ['List-Unsubscribe: <mailto:off@x.example>', 'draft list-unsubscribe'],
    ['List-Id: Sales <sales.harbor.example>', 'draft own-list'],
    ['List-Id: <SALES.Harbor.example>', 'draft own-list'],
    ['List-Id: sales.harbor.example', 'draft own-list'],
    ['List-Id: a < b <sales.harbor.example> (group)', 'draft own-list'],
    ['List-Id: <sales.harbor.example.evil.example>', 'never list-mail'],
    ['List-Id: <x.sales.harbor.example>', 'never list-mail'],
    [['List-Id: <sales.harbor.example>', 'List-Id: <other.example>'], 'never list-mail'],
    [['List-Id: <sales.harbor.example>', 'X-Google-Group-Id: 1', 'Precedence: list'], 'draft own-list'],
    [['X-Google-Group-Id: 1', 'X-BeenThere: sales@harbor.example'], 'never list-mail'],
  ])
})

describe('system-sender', () => {
  const everywhere = [
    'mailer-daemon',
    'MAILER-DAEMON',
    'mailerdaemon',
    'mailer_daemon',
    'mailer.daemon',
    'mailer-daemon-2',
    'daemon',
    'root',
    'uucp',
    'nobody',
    'cron',
    'anacron',
    'listserv',
    'listproc',
    'majordomo',
    'mailman',
    'sympa',
    'autoreply',
    'auto-reply',
    'auto_reply',
    'autoresponder',
    'auto-responder',
    'autoresponse',
    'auto-response',
    'vacation',
    'owner-x',
    'x-request',
    'x-bounces',
    'x-bounce',
    'MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e',
    'root+tag',
    '"root"',
  ]
  check(everywhere.map((local) => [`From: ${local}@x.example`, 'never system-sender'] as const))
  check(everywhere.map((local) => [`Return-Path: <${local}@x.example>`, 'never system-sender'] as const))
  check([
    ['Sender: root@x.example', 'never system-sender'],
    ['Reply-To: vacation@quarry.example', 'never system-sender'],
    ['Sender: mailer-daemon', 'never system-sender'],
    ['From: bounce@x.example', 'never system-sender'],
    ['From: bounces+77@x.example', 'never system-sender'],
    ['Sender: bounces@x.example', 'never system-sender'],
    ['Return-Path: <bounces@x.example>', 'may ok'],
    ['Return-Path: <bounce+77@x.example>', 'may ok'],
    ['Return-Path: <x-owner@x.example>', 'never system-sender'],
    ['From: product-owner@x.example', 'may ok'],
    ['Sender: product-owner@x.example', 'may ok'],
    [['Return-Path: <jonas@quarry.example>', 'Return-Path: <root@x.example>'], 'may ok'],
    ['From: jane-request-miller@x.example', 'may ok'],
    ['From: request@x.example', 'may ok'],
    ['From: owner@x.example', 'may ok'],
    ['From: ownership@x.example', 'may ok'],
    ['From: rooted@x.example', 'may ok'],
    ['From: the.root@x.example', 'may ok'],
    ['From: x-bounced@x.example', 'may ok'],
    ['From: "Mail Delivery Subsystem" <x@quarry.example>', 'never system-sender'],
    ['From: Mail  Delivery\n System <x@quarry.example>', 'never system-sender'],
    ['From: mailer-daemon <x@quarry.example>', 'never system-sender'],
    ['From: =?utf-8?Q?Mail_Delivery_System?= <x@quarry.example>', 'never system-sender'],
    ['From: Mail Delivery System Team <x@quarry.example>', 'may ok'],
    ['From: The MAILER-DAEMON <x@quarry.example>', 'may ok'],
  ])
})

describe('auto-submitted', () => {
  check([
    ['Auto-Submitted: auto-replied', 'never auto-submitted'],
    ['Auto-Submitted: auto-generated; owner-email="x@y.example"', 'never auto-submitted'],
    ['Auto-Submitted: auto-notified', 'never auto-submitted'],
    ['Auto-Submitted: (a (nested) comment) auto-replied', 'never auto-submitted'],
    ['AUTO-SUBMITTED :\n AUTO-REPLIED', 'never auto-submitted'],
    ['Auto-Submitted:', 'never auto-submitted'],
    ['Auto-Submitted: never-heard-of', 'never auto-submitted'],
    ['Auto-Submitted: no way', 'never auto-submitted'],
    ['Auto-Submitted: no (never closed', 'never auto-submitted'],
    [['Auto-Submitted: no', 'Auto-Submitted: auto-replied'], 'never auto-submitted'],
    ['Auto-Submitted: no', 'may ok'],
    ['Auto-Submitted: "NO" (by hand); x=y', 'may ok'],
    ['Subject: Auto-Submitted: auto-replied', 'may ok'],
    ['X-Auto-Submitted: auto-replied', 'may ok'],
  ])
})

describe('auto-reply-header', () => {
  const responders = [
    'X-Autoreply',
    'X-Autorespond',
    'X-Autoresponder',
    'X-Autoresponse',
    'X-AutoReply-From',
    'X-Auto-Reply-From',
    'X-Mail-Autoreply',
    'X-Autogenerated',
    'X-Vacation',
  ]
  check(
    responders.flatMap((name) => [
      [`${name}: yes`, 'never auto-reply-header'] as const,
      [`${name}:`, 'never auto-reply-header'] as const,
      ...['no', 'FALSE', '0', 'off (x)'].map((value) => [`${name}: ${value}`, 'may ok'] as const),
    ]),
  )
  check([
    [['X-Autoreply: no', 'X-Autoreply: yes'], 'never auto-reply-header'],
    ['X-Autoreply: none', 'never auto-reply-header'],
    ['X-FC-MachineGenerated: True', 'never auto-reply-header'],
    ['X-FC-MachineGenerated: false', 'may ok'],
    ['X-Apple-Action: Vacation', 'never auto-reply-header'],
    ['X-Apple-Action: (x vacation', 'never auto-reply-header'],
    ['X-Apple-Action: forward', 'may ok'],
    ['X-Apple-Action: no vacation', 'may ok'],
    ['X-Sieve-Action: vacation', 'never auto-reply-header'],
    ['X-Sieve-Action: reject', 'may ok'],
    ['X-POST-MessageClass: 9; Autoresponder', 'never auto-reply-header'],
    ['X-POST-MessageClass: 1', 'may ok'],
    ['Delivered-To: Autoresponder', 'never auto-reply-header'],
    ['Delivered-To: autoresponder@x.example', 'may ok'],
    ['X-MS-Exchange-Inbox-Rules-Loop: x@y.example', 'never auto-reply-header'],
    ['X-MS-Exchange-Generated-Message-Source:', 'never auto-reply-header'],
    ['X-MS-Exchange-Organization-AuthSource: x', 'may ok'],
    ['X-Amazon-Mail-Relay-Type: notification', 'never auto-reply-header'],
    ['X-Amazon-Mail-Relay-Type: message', 'may ok'],
    ['Message-ID: <autoreply-1@x.example>', 'never auto-reply-header'],
    ['Message-ID: (x) < FS_autoreply-1@x.example>', 'never auto-reply-header'],
    ['Message-ID: autoreply-1@x.example', 'never auto-reply-header'],
    ['Message-ID: <1-autoreply-1@x.example>', 'may ok'],
    ['Message-ID: <autoreply1@x.example>', 'may ok'],
    ['In-Reply-To: <autoreply-1@x.example>', 'may ok'],
  ])
})

describe('precedence', () => {
  check([
    ...['bulk', 'junk', 'list', 'auto_reply', 'Auto-Reply', 'auto reply', 'autoreply'].flatMap((word) => [
      [`Precedence: ${word}`, 'never precedence'] as const,
      [`X-Precedence: ${word}`, 'never precedence'] as const,
    ]),
    ['Precedence: (a note) Bulk', 'never precedence'],
    ['Precedence: bulk (never closed', 'never precedence'],
    ['Precedence: "bulk"; x', 'never precedence'],
    [['Precedence: normal', 'Precedence: junk'], 'never precedence'],
    ...['first-class', 'normal', 'special-delivery', 'never-bounce', 'bulky', 'not bulk', ''].map(
      (word) => [`Precedence: ${word}`, 'may ok'] as const,
    ),
    [['Precedence: list', 'List-Id: <sales.harbor.example>'], 'draft own-list'],
    [['Precedence: bulk', 'List-Id: <sales.harbor.example>'], 'never precedence'],
  ])
})

describe('bulk-mail', () => {
  const unsubscribe = 'List-Unsubscribe: <https://x.example/off>'
  check([
    ...['Feedback-ID', 'X-Campaign', 'X-CampaignID', 'X-Campaign-ID', 'X-CSA-Complaints'].flatMap((name) => [
      [[unsubscribe, `${name}: x`], 'never bulk-mail'] as const,
      [[`${name}: x`], 'draft bulk-hint'] as const,
    ]),
    [unsubscribe, 'draft list-unsubscribe'],
    [[unsubscribe, 'Feedback-ID: x', 'List-Id: <sales.harbor.example>'], 'draft own-list'],
    ['X-Campaigner: x', 'may ok'],
  ])
})

describe('loop-marker', () => {
  check([
    ['X-Loop: yes', 'never loop-marker'],
    ['X-Loop: TRUE (x)', 'never loop-marker'],
    ['X-Loop: no', 'draft loop-marker'],
    ['X-Loop:', 'draft loop-marker'],
    [['X-Loop: yes', 'X-Loop: a@b.example'], 'never loop-marker'],
  ])
})

const strong = [
  'Automatic reply',
  'automatic response',
  'AUTOMATED REPLY',
  'Automated response',
  'Auto reply',
  'Auto-Reply',
  'Autoreply',
  'Auto response',
  'auto-response',
  'autoresponse',
  'Out of Office',
  'out of the office',
  'Out of Office AutoReply',
  'Out of the office auto-reply',
  'Out of office auto reply',
  'OOO',
  'oof',
  'Abwesenheitsnotiz',
  'Automatische Antwort',
  'Abwesenheitsassistent',
  'Réponse automatique',
  'Absence du bureau',
  'Respuesta automática',
  'Fuera de la oficina',
  'Risposta automatica',
  'Fuori sede',
  'Resposta automática',
  'Automatisch antwoord',
  'Afwezigheidsbericht',
  'Autosvar',
  'Automatiskt svar',
  'Automatisk svar',
  'Automaattinen vastaus',
  'Odpowiedź automatyczna',
  'Automatická odpověď',
  'Автоответ',
  'АВТОМАТИЧЕСКИЙ ОТВЕТ',
  '自動応答',
  '自动回复',
  '自動回覆',
]

describe('auto-reply-subject', () => {
  const thread = 'In-Reply-To: <m@harbor.example>'
  check(
    strong.flatMap((phrase) => [
      [[`Subject: ${phrase}: Gravel`, thread], 'never auto-reply-subject'] as const,
      [`Subject: ${phrase}: Gravel`, 'draft auto-reply-subject'] as const,
      [`Subject: ${phrase} next week`, 'may ok'] as const,
      [`Subject: Re: ${phrase}: Gravel`, 'may ok'] as const,
      [`Subject: x${phrase}: Gravel`, 'may ok'] as const,
    ]),
  )
  check([
    [['Subject: Automatic reply', thread], 'never auto-reply-subject'],
    [['Subject: Automatic reply：x', 'References: <m@harbor.example>'], 'never auto-reply-subject'],
    [['Subject: Automatic reply - Gravel', thread], 'never auto-reply-subject'],
    [['Subject: Automatic reply – Gravel', thread], 'never auto-reply-subject'],
    [['Subject: =?iso-8859-1?Q?R=E9ponse_automatique_=3A_x?=', thread], 'never auto-reply-subject'],
    [['Subject: Re\u0301ponse automatique: x', thread], 'never auto-reply-subject'],
    [['Subject: Auto-reply-all is broken', thread], 'may ok'],
    [['Subject: Out of office next week - who covers?', thread], 'may ok'],
    [['Subject: Jane Doe is out of the office', thread], 'never auto-reply-subject'],
    [
      ['Subject: Jane Doe/ACME is out of the office. (returning 12.03.2026)', thread],
      'never auto-reply-subject',
    ],
    [
      ['Subject: AUTO: Jane Doe is out of the office (returning 12.03.2026)', thread],
      'never auto-reply-subject',
    ],
    [['Subject: Jane Doe is out of the office [until Monday]', thread], 'never auto-reply-subject'],
    ['Subject: Jane Doe is out of the office', 'draft auto-reply-subject'],
    [['Subject: Jane is out of the office until Monday', thread], 'may ok'],
    [['Subject: Re: Jane Doe is out of the office', thread], 'may ok'],
    [['Subject: is out of the office', thread], 'may ok'],
    [['Subject: Automatic reply: x', 'In-Reply-To:'], 'draft auto-reply-subject'],
    [['Subject: Auto: x', thread], 'draft auto-reply-subject'],
    [['Subject: auto：x', thread], 'draft auto-reply-subject'],
    ['Subject: Auto: x', 'may ok'],
    [['Subject: Automobile: x', thread], 'may ok'],
  ])
})

describe('no-reply-address', () => {
  const words = [
    'noreply',
    'no-reply',
    'No_Reply',
    'no.reply',
    'noreply2',
    'do-not-reply',
    'donotreply',
    'do_not.reply',
    'dont-reply',
    'dontreply',
    'no-response',
    'noanswer',
    'ne-pas-repondre',
    'nepasrepondre',
    'nao-responda',
    'naoresponder',
    'no-responder',
    'nicht-antworten',
    'nichtantworten',
    'keine-antwort',
    'keineantwort',
    'billing-noreply',
    'billing.no-reply',
    'x_donotreply7',
    'noreply+tag',
  ]
  check(words.map((local) => [`From: ${local}@x.example`, 'never no-reply-address'] as const))
  check([
    ['Reply-To: noreply@quarry.example', 'never no-reply-address'],
    ['From: piano-reply@x.example', 'may ok'],
    ['From: bruno.reply@x.example', 'may ok'],
    ['From: noreplay@x.example', 'may ok'],
    ['From: reply@x.example', 'may ok'],
    ['From: xnoreply@x.example', 'may ok'],
    ['From: no--reply@x.example', 'may ok'],
    ['From: noreply-orders@x.example', 'draft no-reply-address'],
    ['From: no-reply.shop@x.example', 'draft no-reply-address'],
    ['From: noreplyshop@x.example', 'may ok'],
    ['Reply-To: noreply-fan@quarry.example', 'draft no-reply-address'],
    [['From: noreply@x.example', 'Reply-To: jonas@x.example'], 'draft no-reply-address'],
    [['From: noreply@harbor-forms.example', 'Reply-To: jonas@quarry.example'], 'draft reply-to-mismatch'],
  ])
  test('a strict From with another target is noted although another code leads', () => {
    expect(codes(letter(['From: noreply@x.example', 'Reply-To: jonas@quarry.example']))).toEqual([
      'reply-to-mismatch',
      'no-reply-address',
    ])
  })
})

describe('calendar', () => {
  const part = (type: string) => [textPart, `Content-Type: ${type}\n\nBEGIN:VCALENDAR`]
  test.each([
    ['text/calendar; method=REPLY', 'never calendar'],
    ['text/calendar; method=cancel', 'never calendar'],
    ['Text/Calendar; Method="COUNTER"', 'never calendar'],
    ['text/calendar; method=DECLINECOUNTER', 'never calendar'],
    ['text/calendar; method=REFRESH', 'never calendar'],
    ['text/calendar; method=x-new', 'never calendar'],
    ['text/calendar; method=REQUEST', 'draft calendar'],
    ['text/calendar; method=publish', 'draft calendar'],
    ['text/calendar; method="Add"', 'draft calendar'],
    ['text/calendar; charset=utf-8', 'may ok'],
    ['application/ics; method=REPLY', 'may ok'],
  ])('%s gives %s', (type, expected) => {
    expect(verdict(letterOf('multipart/mixed', part(type)))).toBe(expected)
  })
  check([
    ['Content-Class: urn:content-classes:calendarmessage', 'draft calendar'],
    ['Content-Class: URN:content-classes:CalendarMessage', 'draft calendar'],
    ['Content-Class: urn:content-classes:message', 'may ok'],
  ])
  test('an invitation attached to a forwarded message is content', () => {
    const inner = 'From: a@b.example\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR'
    expect(verdict(letterOf('multipart/mixed', [textPart, `Content-Type: message/rfc822\n\n${inner}`]))).toBe(
      'may ok',
    )
  })
})

describe('spam-flagged', () => {
  test.each([
    [{ specialUse: '\\Junk' }, 'never spam-flagged'],
    [{ specialUse: '\\Junk', flags: ['$NotJunk'] }, 'never spam-flagged'],
    [{ flags: ['$Junk'] }, 'never spam-flagged'],
    [{ flags: ['JUNK'] }, 'never spam-flagged'],
    [{ flags: ['$Phishing'] }, 'never spam-flagged'],
    [{ flags: ['$NotJunk'] }, 'may ok'],
    [{ flags: ['$Junk', 'NonJunk'] }, 'may ok'],
    [{ flags: ['$junk', 'notjunk'] }, 'may ok'],
    [{ flags: ['$JunkRecorded'] }, 'may ok'],
  ])('%j gives %s', (context, expected) => {
    expect(verdict(letter(), context)).toBe(expected)
  })
  test.each([
    [['$NotJunk'], 'may ok'],
    [['$Junk', '$NotJunk'], 'never spam-flagged'],
    [[], 'never spam-flagged'],
  ])('X-Spam-Flag: YES with %j gives %s', (flags, expected) => {
    expect(verdict(letter(['X-Spam-Flag: YES']), { flags })).toBe(expected)
  })
  check([
    ...['X-Spam-Flag', 'X-Spam-Status', 'X-Spam', 'X-Barracuda-Spam-Flag', 'X-Barracuda-Spam-Status'].flatMap(
      (name) => [
        [`${name}: Yes, score=9.1 required=5`, 'never spam-flagged'] as const,
        [`${name}: true`, 'never spam-flagged'] as const,
        [`${name}: No, score=1 YES`, 'may ok'] as const,
        [`${name}: yesterday`, 'may ok'] as const,
      ],
    ),
    ['X-SES-Spam-Verdict: FAIL', 'never spam-flagged'],
    ['X-SES-Virus-Verdict: fail', 'never spam-flagged'],
    ['X-SES-Spam-Verdict: PASS', 'may ok'],
    ...[
      'SFV:SPM',
      'SFV:SKS',
      'SFV:SKB',
      'sfv:blk',
      'CAT:SPM',
      'CAT:HSPM',
      'CAT:PHSH',
      'CAT:HPHISH',
      'CAT:HPHSH',
      'CAT:MALW',
      'cat:spoof',
    ].map(
      (entry) => [`X-Forefront-Antispam-Report: CIP:192.0.2.1;${entry};SCL:1`, 'never spam-flagged'] as const,
    ),
    ['X-Forefront-Antispam-Report: CIP:192.0.2.1;\n CAT:HSPM; SFTY:9', 'never spam-flagged'],
    ['X-Forefront-Antispam-Report: SFV:NSPM;CAT:NONE;DIR:SPM', 'may ok'],
    ['X-MS-Exchange-Organization-SCL: 5', 'never spam-flagged'],
    ['X-MS-Exchange-Organization-SCL: 9', 'never spam-flagged'],
    ['X-MS-Exchange-Organization-SCL: 4', 'may ok'],
    ['X-MS-Exchange-Organization-SCL: -1', 'may ok'],
    ['Subject: ***SPAM*** Gravel', 'never spam-flagged'],
    ['Subject: **spam** Gravel', 'never spam-flagged'],
    ['Subject: *SPAM* Gravel', 'may ok'],
    ['Subject: [SPAM] Gravel', 'never spam-flagged'],
    ['Subject: [***SPAM***] Gravel', 'never spam-flagged'],
    ['Subject: {Spam?} Gravel', 'never spam-flagged'],
    ['Subject: Re: [SPAM] Gravel', 'may ok'],
    ['Subject: [Spam report] Gravel', 'may ok'],
    ['Subject: spam', 'may ok'],
  ])
})

describe('no-sender', () => {
  check([
    ['-From', 'never no-sender'],
    ['From:', 'never no-sender'],
    ['From: Nightly Robot:;', 'never no-sender'],
    ['From: Jonas', 'never no-sender'],
    ['From: jonas@localhost', 'never no-sender'],
    ['From: jonas@localhost.', 'never no-sender'],
    ['From: jonas@host.invalid', 'never no-sender'],
    ['From: jonas@host.INVALID.', 'never no-sender'],
    ['From: jonas@invalid.example', 'may ok'],
    ['From: Team: jonas@quarry.example;', 'may ok'],
    [['From: jonas@quarry.example, x@localhost'], 'never no-sender'],
  ])
})

describe('encrypted', () => {
  test.each([
    ['multipart/encrypted; protocol="application/pgp-encrypted"', 'never encrypted'],
    ['multipart/signed; protocol="application/pgp-signature"', 'may ok'],
  ])('%s gives %s', (type, expected) => {
    expect(verdict(letterOf(type, [textPart]))).toBe(expected)
  })
  test.each([
    ['application/pkcs7-mime; smime-type=enveloped-data', 'never encrypted'],
    ['application/x-pkcs7-mime', 'never encrypted'],
    ['Application/PKCS7-Mime; smime-type=AuthEnveloped-Data', 'never encrypted'],
    ['application/pkcs7-mime; smime-type="Signed-Data"', 'may ok'],
    ['application/pkcs7-signature', 'may ok'],
    ['application/pkcs7-mime-like', 'may ok'],
  ])('a part of type %s gives %s', (type, expected) => {
    expect(verdict(letterOf('multipart/mixed', [textPart, `Content-Type: ${type}\n\nx`]))).toBe(expected)
  })
})
