/** Only spam marks that the account's own servers can have written are believed. */
import { expect, test } from '@jest/globals'
import { letter, verdict } from './letter.ts'

const outside =
  'Received: from out.quarry.example (out.quarry.example [192.0.2.4]) by mx.harbor.example with ESMTPS; x'
const theirs = 'Received: from laptop (laptop [192.168.1.9]) by out.quarry.example; x'
const local = 'Received: from localhost (localhost [127.0.0.1]) by mx.harbor.example (amavis); x'
const lmtp = 'Received: from mx.harbor.example by store.harbor.example with LMTP; x'
const microsoft =
  'Received: from out.quarry.example (192.0.2.4) by VE1EUR01FT034.mail.protection.outlook.com (10.152.3.1) with Microsoft SMTP Server; x'
const amazon =
  'Received: from out.quarry.example ([192.0.2.4]) by inbound-smtp.eu-west-1.amazonaws.com with SMTP; x'
const yes = 'X-Spam-Flag: YES'

const cases: readonly (readonly [string, readonly string[], string])[] = [
  ['above the entry', [yes, outside, theirs], 'never'],
  ['above an internal hop', [local, yes, outside, theirs], 'never'],
  ['between two hops within the own network', [lmtp, yes, outside, theirs], 'never'],
  ['below the entry, another server behind it', [outside, yes, theirs], 'may'],
  ['below all servers', [outside, theirs, yes], 'may'],
  ['below the only server, where milters write', [outside, yes], 'never'],
  ['there, but our own filter says no', ['X-Spam-Status: No, score=-1', outside, yes], 'may'],
  ['there, but rspamd says no', ['X-Spamd-Result: default: False [-1.2 / 15]', outside, yes], 'may'],
  [
    'own yes above a foreign no',
    ['X-Spam-Status: Yes, score=9', outside, 'X-Spam-Status: No', theirs],
    'never',
  ],
  ['without any server', [yes], 'never'],
  [
    'Microsoft, at the end of the header',
    [microsoft, theirs, 'X-Forefront-Antispam-Report: SFV:SPM'],
    'never',
  ],
  ['Microsoft on the sender’s side', [outside, theirs, 'X-Forefront-Antispam-Report: SFV:SPM'], 'may'],
  ['Amazon, below its own field', [amazon, 'X-SES-Spam-Verdict: FAIL', theirs], 'never'],
  ['Amazon on the sender’s side', [outside, 'X-SES-Spam-Verdict: FAIL', theirs], 'may'],
  ['another field below Amazon', [amazon, yes, theirs], 'may'],
]

test.each(cases)('a mark %s', (_, fields, expected) => {
  expect(verdict(letter([...fields])).split(' ')[0]).toBe(expected)
})
