/** Samples that no person wrote: programs, lists, fraud. */

import type { DemoOwner, Sample } from './sample.ts'
import { dateField, type Letter, multipart, octetsOf, plainEntity, text } from './sample.ts'

export function automaticSamples(now: Date, owner: DemoOwner): Sample[] {
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000)
  return [
    phishing(owner, ago(40)),
    newsletter(owner, ago(36)),
    outOfOffice(owner, ago(31)),
    bounce(owner, ago(27)),
    listPost(owner, ago(21)),
  ]
}

function phishing(owner: DemoOwner, at: Date): Sample {
  const letter: Letter = {
    from: 'Nordlicht Mail Security <security@nordlicht-mail.example>',
    to: owner.address,
    subject: 'URGENT: your account has been limited',
    id: '1f83d9@nordlicht-mail.example',
    at,
    reversePath: 'bulk@sender-7731.example',
    fields: [`Authentication-Results: ${owner.authservId}; dmarc=fail header.from=nordlicht-mail.example`],
  }
  const body = `Dear user,

we noticed unusual activity. Your account has been limited and will be closed within 24 hours.

Please verify your account and confirm your password immediately:
http://login.nordlicht-mail.example/verify?id=${encodeURIComponent(owner.address)}

Mail Security Team
`
  return { name: 'phishing', octets: octetsOf(letter, text(body)), expect: { disposition: 'filed' } }
}

function newsletter(owner: DemoOwner, at: Date): Sample {
  const letter: Letter = {
    from: 'Cargo Bike Trends <editor@trends.example>',
    to: owner.address,
    subject: 'This week: five cargo bikes on test',
    id: 'nl.4711@trends.example',
    at,
    reversePath: 'bounce+4711@mail.trends.example',
    fields: [
      'List-Unsubscribe: <https://trends.example/u/4711>, <mailto:unsubscribe@trends.example?subject=4711>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'Feedback-ID: 4711:weekly:trends',
      `Authentication-Results: ${owner.authservId}; dmarc=pass header.from=trends.example`,
    ],
  }
  const plain = `Five cargo bikes on test, and which one carries a washing machine.

Read on: https://trends.example/47

You receive this because you subscribed. Unsubscribe: https://trends.example/u/4711
`
  const html = `<html><body><h1>Five cargo bikes on test</h1><p>And which one carries a washing machine.
<a href="https://trends.example/47">Read on</a></p>
<p style="font-size:11px">You receive this because you subscribed.
<a href="https://trends.example/u/4711">Unsubscribe</a></p></body></html>
`
  const entity = multipart('alternative', '=_trends_47', [text(plain), text(html, 'html')])
  return {
    name: 'newsletter',
    octets: octetsOf(letter, entity),
    expect: { disposition: 'declined', reason: 'bulk-mail' },
  }
}

function outOfOffice(owner: DemoOwner, at: Date): Sample {
  const letter: Letter = {
    from: 'Nadia Benali <nadia@wholesale.example>',
    to: owner.address,
    subject: 'Automatic reply: Order of inner tubes',
    id: 'auto-88121@wholesale.example',
    at,
    fields: [
      'Auto-Submitted: auto-replied',
      'In-Reply-To: <0b7712@nordlicht.example>',
      `Authentication-Results: ${owner.authservId}; dmarc=pass header.from=wholesale.example`,
    ],
  }
  const body = `I am out of the office until Monday and read my mail after that.

In urgent cases please write to desk@wholesale.example.
`
  return {
    name: 'out-of-office',
    octets: octetsOf(letter, text(body)),
    expect: { disposition: 'declined', reason: 'auto-submitted' },
  }
}

/** A delivery status notification (RFC 3464). */
function bounce(owner: DemoOwner, at: Date): Sample {
  const letter: Letter = {
    from: 'Mail Delivery System <MAILER-DAEMON@mx.inbox.example>',
    to: owner.address,
    subject: 'Undelivered Mail Returned to Sender',
    id: '20261124.7F3A1@mx.inbox.example',
    at,
    reversePath: '',
    fields: ['Auto-Submitted: auto-replied'],
  }
  const notice = `This is the mail system at host mx.inbox.example.

I'm sorry to have to inform you that your message could not be delivered to one recipient.

<old.customer@inbox.example>: user unknown
`
  const status = `Reporting-MTA: dns; mx.inbox.example
Arrival-Date: ${dateField(at)}

Final-Recipient: rfc822; old.customer@inbox.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown`
  const returned = `From: ${owner.address}
To: old.customer@inbox.example
Subject: Your spare key
Message-ID: <5b21c7@nordlicht.example>`
  const entity = multipart('report; report-type=delivery-status', '=_7F3A1', [
    text(notice),
    plainEntity('message/delivery-status', status),
    plainEntity('text/rfc822-headers', returned),
  ])
  return {
    name: 'bounce',
    octets: octetsOf(letter, entity),
    expect: { disposition: 'declined', reason: 'dsn' },
  }
}

function listPost(owner: DemoOwner, at: Date): Sample {
  const letter: Letter = {
    from: 'Ingrid Solheim <ingrid@workshop.example>',
    to: 'Bicycle mechanics <mechanics@lists.workshop.example>',
    subject: '[mechanics] Torque for carbon seat posts?',
    id: '4c90b2@workshop.example',
    at,
    reversePath: 'mechanics-bounces@lists.workshop.example',
    fields: [
      `Delivered-To: ${owner.address}`,
      'List-Id: Bicycle mechanics <mechanics.lists.workshop.example>',
      'List-Post: <mailto:mechanics@lists.workshop.example>',
      'List-Unsubscribe: <mailto:mechanics-request@lists.workshop.example?subject=unsubscribe>',
    ],
  }
  const body = `Hi everyone,

which torque do you use for carbon seat posts without a printed value?

Ingrid
`
  return {
    name: 'list-post',
    octets: octetsOf(letter, text(body)),
    expect: { disposition: 'declined', reason: 'list-mail' },
  }
}
