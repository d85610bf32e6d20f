/** Marks that gateways add to people's mail: the owner may want a draft, but never an automatic reply. */
import { expect, test } from '@jest/globals'
import { applyGuard, freshContext } from '../../src/guard/ceiling.ts'
import type { DraftDespite } from '../../src/mail/account.ts'
import { letter, now, owner } from './letter.ts'

const judge = (fields: readonly string[], ...draftDespite: DraftDespite[]) => {
  const { decision, reason } = applyGuard(letter(fields), { ...owner, draftDespite }, freshContext(now))
  return [decision, reason]
}

test.each([
  ['Auto-Submitted: auto-generated', 'auto-generated', 'auto-submitted'],
  ['Auto-Submitted: auto-generated (rule)', 'auto-generated', 'auto-submitted'],
  ['Precedence: bulk', 'bulk', 'precedence'],
  ['X-Precedence: Bulk', 'bulk', 'precedence'],
] as const)('%s: a draft where the owner says %s', (field, despite, reason) => {
  expect(judge([field])).toEqual(['never', reason])
  expect(judge([field], despite === 'bulk' ? 'auto-generated' : 'bulk')).toEqual(['never', reason])
  expect(judge([field], despite)).toEqual(['draft', reason])
})

test('a mark that an inbox rule adds to what it passes on does not take the draft away', () => {
  const fields = ['Auto-Submitted: auto-generated', 'X-MS-Exchange-Inbox-Rules-Loop: info@harbor.example']
  expect(judge(fields)).toEqual(['never', 'auto-submitted'])
  expect(judge(fields, 'auto-generated')).toEqual(['draft', 'auto-submitted'])
})

test.each([
  ['Auto-Submitted: auto-replied'],
  ['Auto-Submitted: auto-generated', 'X-MS-Exchange-Inbox-Rules-Loop: jonas@quarry.example'],
  ['Auto-Submitted: auto-notified'],
  ['Precedence: list'],
  ['Precedence: auto_reply'],
  ['Precedence: junk'],
  ['Auto-Submitted: auto-generated', 'X-Autoreply: yes'],
  ['Precedence: bulk', 'List-Id: <news.quarry.example>'],
  ['Precedence: bulk', 'Return-Path: <>'],
])('%s %s: never, whatever the owner says', (...fields) => {
  expect(judge(fields, 'auto-generated', 'bulk')[0]).toBe('never')
})
