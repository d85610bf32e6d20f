import { describe, expect, test } from '@jest/globals'
import { codes, letter, letterOf, textPart, verdict } from '../letter.ts'
import { check } from '../rows.ts'

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
    'noresponda',
    'no-responda',
    'no-conteste',
    'do-not-respond',
    'do_not_answer',
    'norispondere',
    'geen-antwoord',
    'pas-de-reponse',
    'pedidos-noresponda',
    'send-only',
    'nao-responda',
    'naoresponder',
    'no-responder',
    'nicht-antworten',
    'nichtantworten',
    'keine-antwort',
    'keineantwort',
    'non-rispondere',
    'niet-beantwoorden',
    'svara-inte',
    'neodpovidat',
    'besvar-ikke',
    'ei-vastata',
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
    ['From: besvara-inte-alls@x.example', 'may ok'],
    ['From: svar@x.example', 'may ok'],
    ['From: reply@x.example', 'may ok'],
    ['From: xnoreply@x.example', 'may ok'],
    ['From: bueno.responda@x.example', 'may ok'],
    ['From: nina.norispo@x.example', 'may ok'],
    ['From: no--reply@x.example', 'may ok'],
    ['From: noreply-orders@x.example', 'draft no-reply-address'],
    ['From: no-reply.shop@x.example', 'draft no-reply-address'],
    ['From: noreplyshop@x.example', 'may ok'],
    ['Reply-To: noreply-fan@quarry.example', 'draft no-reply-address'],
    [['From: noreply@x.example', 'Reply-To: jonas@x.example'], 'draft no-reply-address'],
    [['From: noreply@harbor-forms.example', 'Reply-To: jonas@quarry.example'], 'draft reply-to-mismatch'],
  ])
  test('a strict From with another target is reported even if another code comes first', () => {
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
    ['application/ics; method=REPLY', 'never calendar'],
    ['application/ics; name=x.ics', 'may ok'],
    ['application/octet-stream; method=REPLY', 'may ok'],
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
