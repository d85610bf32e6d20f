import { expect, test } from '@jest/globals'
import type { AccountState } from '../../src/store/accounts.ts'
import { budgetStatus, mailboxStatus } from '../../src/web/status.ts'

const well: AccountState = {
  ...{ account: 'me@shop.example', paused: false, pausedBy: null, pausedAt: null, stopped: null },
  sentCopy: null,
}

test.each([
  ['connected', {}, 'connected', true, 'connected', null],
  ['of another process', {}, undefined, true, 'watched by another process', null],
  ['whose lease another process has', {}, 'standby', true, 'watched by another process', null],
  ['at the start', {}, 'connecting', true, 'connecting', null],
  ['without a connection', {}, 'waiting', false, 'no connection; replyd tries again by itself', null],
  ['that is paused', { paused: true }, 'connected', false, 'paused, so nothing goes out', 'Resume'],
  [
    'that refuses the login',
    { stopped: 'IMAP login was refused' },
    'stopped',
    false,
    'IMAP login was refused. Correct it, then restart replyd.',
    'Open settings',
  ],
  [
    'that is paused and refuses the login',
    { paused: true, stopped: 'IMAP login was refused.' },
    'stopped',
    false,
    'IMAP login was refused. Correct it, then restart replyd.',
    'Open settings',
  ],
])('a mailbox %s', (_, state, watched, ok, words, label) => {
  const status = mailboxStatus({ ...well, ...state }, watched, false)
  expect([status.ok, status.words, status.repair?.label ?? null]).toEqual([ok, words, label])
})

test('a mailbox is named where there are several, and Resume is of that one', () => {
  const { words, repair } = mailboxStatus({ ...well, paused: true }, 'connected', true)
  expect([words, repair?.post]).toEqual([
    'me@shop.example: paused, so nothing goes out',
    '/accounts/me%40shop.example/resume',
  ])
})

test.each([
  [5, 0.25, true, '$4.75 of $5.00 left today'],
  [5, 5, false, "today's $5.00 are used up; mail for the model waits until midnight"],
  [5, 6, false, "today's $5.00 are used up; mail for the model waits until midnight"],
])('of %d dollars, %d spent', (perDay, spent, ok, words) => {
  const status = budgetStatus(perDay, spent)
  expect([status.ok, status.words]).toEqual([ok, words])
})
