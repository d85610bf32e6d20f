import { expect, test } from '@jest/globals'
import { providerAt, providers } from '../../src/base/providers.ts'
import { behaviours, commandConnectionsAt, pollMsFor, wayToMove } from '../../src/imap/behaviours.ts'

test.each([
  [['MOVE'], 'move'],
  [['MOVE', 'UIDPLUS'], 'move'],
  [['UIDPLUS'], 'copy'],
  [['IDLE'], 'none'],
])('with %j mail is moved by: %s', (offered, way) => {
  expect(wayToMove(new Set(offered))).toBe(way)
})

test.each([
  [[], 60_000, 15_000],
  [[], 10_000, 10_000],
  [['IDLE'], 60_000, 60_000],
])('with %j and a poll of %i ms, each %i ms', (offered, pollMs, expected) => {
  expect(pollMsFor(new Set(offered), pollMs)).toBe(expected)
})

test.each([
  [['IDLE', 'MOVE', 'UIDPLUS', 'SPECIAL-USE'], []],
  [['IDLE', 'MOVE', 'UIDPLUS', 'X-GM-EXT-1'], []],
  [
    ['UIDPLUS', 'SPECIAL-USE'],
    [/no IDLE/, /no MOVE: .*UID EXPUNGE/],
  ],
  [[], [/no IDLE/, /neither MOVE nor UIDPLUS: .*marked/, /no UIDPLUS/, /no SPECIAL-USE/]],
])('a server with %j lacks %j', (offered, lacks) => {
  const found = behaviours.filter(({ holds }) => holds(new Set(offered))).map(({ lack }) => lack)
  expect(found).toEqual(lacks.map((lack) => expect.stringMatching(lack)))
})

test.each([
  ['imap.gmail.com', 3],
  ['imap.mail.yahoo.com', 3],
  ['imap.mail.me.com', 1],
  ['mail.example.org', 3],
])('%s: at most %i connections for commands', (host, connections) => {
  expect(commandConnectionsAt(host)).toBe(connections)
})

test.each([
  ['smtp-mail.outlook.com', 'Microsoft'],
  ['smtp.office365.com', 'Microsoft'],
  ['SMTP.Gmail.com', 'Gmail'],
  ['imap.gmail.com.example.org', undefined],
  ['notgmail.com', undefined],
  ['127.0.0.1', undefined],
])('%s belongs to %s', (host, name) => {
  expect(providerAt(host)?.name).toBe(name)
})

test('those that file what was sent are Gmail and Microsoft', () => {
  expect(providers.filter(({ filesSent }) => filesSent).map(({ name }) => name)).toEqual([
    'Gmail',
    'Microsoft',
  ])
})
