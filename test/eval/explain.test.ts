import { describe, expect, test } from '@jest/globals'
import { explainOctets, guessOwner } from '../../src/eval/explain.ts'
import type { Owner } from '../../src/mail/account.ts'
import { letter, owner } from '../guard/letter.ts'

const now = new Date('2026-03-10T09:00:00Z')

const octets = (...header: string[]) =>
  Buffer.from(`${header.join('\r\n')}\r\n\r\nHow much?\r\n\r\n> older\r\n`)

describe('explainOctets', () => {
  test('an ordinary letter', () => {
    const mail = octets(
      'From: Jonas <jonas@quarry.example>',
      'To: mara@harbor.example',
      'Subject: Gravel',
      'Message-ID: <g1@quarry.example>',
    )
    expect(explainOctets('a.eml', mail, owner, now)).toEqual({
      file: 'a.eml',
      decision: 'may',
      reason: 'ok',
      codes: [],
      authentication: 'none',
      text: 'How much?',
      reply: {
        from: 'mara@harbor.example',
        to: ['jonas@quarry.example'],
        subject: 'Re: Gravel',
        inReplyTo: '<g1@quarry.example>',
        references: ['<g1@quarry.example>'],
        autoSubmitted: 'auto-replied',
      },
    })
  })
  test('what is never answered shows the header that a draft would have', () => {
    const mail = octets('From: jonas@quarry.example', 'Auto-Submitted: auto-replied')
    expect(explainOctets('a.eml', mail, owner, now)).toMatchObject({
      decision: 'never',
      reason: 'auto-submitted',
      codes: ['auto-submitted', 'not-addressed'],
      reply: { to: ['jonas@quarry.example'], autoSubmitted: null },
    })
  })
  test('nobody to answer', () => {
    expect(explainOctets('a.eml', octets('To: mara@harbor.example'), owner, now).reply).toBeNull()
  })
  test('nothing at all', () => {
    expect(explainOctets('a.eml', Buffer.alloc(0), owner, now)).toMatchObject({
      decision: 'never',
      reason: 'no-sender',
      reply: null,
    })
  })
  test('never throws', () => {
    const broken = null as unknown as Owner
    const explanation = explainOctets('a.eml', octets('From: a@b.example'), broken, now)
    expect(explanation).toMatchObject({
      file: 'a.eml',
      decision: 'draft',
      reason: 'guard-error',
      codes: ['guard-error'],
      reply: null,
    })
  })
})

describe('guessOwner', () => {
  test.each([
    [['Delivered-To: Box@harbor.example', 'To: mara@harbor.example'], 'box@harbor.example'],
    [['X-Original-To: box@harbor.example'], 'box@harbor.example'],
    [['Envelope-To: box@harbor.example'], 'box@harbor.example'],
    [['To: a@x.example, b@x.example'], 'a@x.example'],
    [['-To', 'Cc: c@x.example'], 'c@x.example'],
    [['From: Mara@harbor.example', 'To: mara@harbor.example, b@x.example'], 'b@x.example'],
    [['From: mara@harbor.example', 'To: mara@harbor.example'], 'mara@harbor.example'],
    [['-To'], 'owner@example.invalid'],
  ])('%j: %s', (fields, address) => {
    expect(guessOwner(letter(fields))).toEqual({
      address,
      aliases: [],
      displayName: null,
      authservIds: [],
      ownLists: [],
    })
  })
})
