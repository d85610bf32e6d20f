import { expect, test } from '@jest/globals'
import type { AccountState } from '../../src/store/accounts.ts'
import { budgetStatus, mailboxStatus } from '../../src/web/status.ts'

const well: AccountState = {
  ...{ account: 'me@shop.example', paused: false, pausedBy: null, pausedAt: null, stopped: null },
  sentCopy: null,
}

test.each([
  ['connected', {}, 'connected', true, 'connected', []],
  ['of another process', {}, undefined, true, 'watched by another process', []],
  ['whose lease another process has', {}, 'standby', true, 'watched by another process', []],
  ['at the start', {}, 'connecting', true, 'connecting', []],
  [
    'without a connection',
    {},
    'waiting',
    false,
    'no connection to the mail server. replyd keeps trying, and nothing is lost.',
    ['Try again'],
  ],
  ['that is paused', { paused: true }, 'connected', false, 'paused, so nothing is sent', ['Resume']],
  [
    'that refuses the login',
    { stopped: 'IMAP login was refused' },
    'stopped',
    false,
    'IMAP login was refused. Then try again. After a change in replyd.yaml, restart replyd.',
    ['Try again', 'Open Setup'],
  ],
  [
    'that is paused and refuses the login',
    { paused: true, stopped: 'IMAP login was refused.' },
    'stopped',
    false,
    'IMAP login was refused. Then try again. After a change in replyd.yaml, restart replyd.',
    ['Try again', 'Open Setup'],
  ],
])('a mailbox %s', (_, state, watched, ok, words, labels) => {
  const status = mailboxStatus({ ...well, ...state }, watched, false)
  expect([status.ok, status.words, status.repairs.map(({ label }) => label)]).toEqual([ok, words, labels])
})

test('a mailbox is named where there are several, and Resume applies to that one', () => {
  const { words, repairs } = mailboxStatus({ ...well, paused: true }, 'connected', true)
  expect([words, repairs[0]?.post]).toEqual([
    'me@shop.example: paused, so nothing is sent',
    '/accounts/me%40shop.example/resume',
  ])
})

const share = (name: string, reached: boolean) => ({ name, cost: 0.5, reached })
const kim = share('sender:kim@shop.example', false)
const flood = share('domain:flood.example', true)
const full = share('strangers', true)

test.each([
  [5, 0.25, [], true, '$4.75 of $5.00 left today'],
  [5, 0.25, [kim], true, '$4.75 of $5.00 left today'],
  [
    5,
    0.25,
    [flood, kim],
    true,
    '$4.75 of $5.00 left today; the share of flood.example is used up, so their mail waits until midnight',
  ],
  [
    5,
    4,
    [flood, full],
    false,
    '$1.00 of $5.00 left today; the share of flood.example, people you have not written to is used up, so their mail waits until midnight',
  ],
  [0, 0, [], false, 'it is set to $0, so new mail waits until you raise it'],
  [5, 5, [], false, "today's $5.00 has been used up; new mail waits until midnight"],
  [
    5,
    6,
    [flood, full, kim],
    false,
    "today's $5.00 has been used up; new mail waits until midnight. Most was used for mail from flood.example, kim@shop.example",
  ],
])('of %d dollars, %d spent, of them %j', (perDay, spent, shares, ok, words) => {
  const status = budgetStatus(perDay, spent, shares)
  expect([status.ok, status.words]).toEqual([ok, words])
})
