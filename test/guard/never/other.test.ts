import { describe, expect, test } from '@jest/globals'
import { letter, letterOf, textPart, verdict } from '../letter.ts'
import { check } from '../rows.ts'

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
    ['application/pkcs7-mime; smime-type="Signed-Data"', 'draft unreadable'],
    ['application/pkcs7-signature', 'may ok'],
    ['application/pkcs7-mime-like', 'may ok'],
  ])('a part of type %s gives %s', (type, expected) => {
    expect(verdict(letterOf('multipart/mixed', [textPart, `Content-Type: ${type}\n\nx`]))).toBe(expected)
  })
})
