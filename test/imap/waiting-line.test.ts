import { expect, test } from '@jest/globals'
import { type WaitingCommand, WaitingLine } from '../../src/imap/waiting-line.ts'

const lineOf = (...places: (string | null)[]) => {
  const line = new WaitingLine()
  const failed: Error[] = []
  const all = places.map(
    (place): WaitingCommand => ({
      place,
      overtaken: 0,
      start: () => {},
      fail: (error) => failed.push(error),
    }),
  )
  for (const waiting of all) line.push(waiting)
  return { line, all, failed }
}

test('the first that needs no SELECT goes', () => {
  const { line, all } = lineOf('Sent', 'INBOX', 'INBOX')
  expect(line.takeFitting('INBOX')).toBe(all[1])
  expect(line.takeFitting('Drafts')).toBeUndefined()
  expect(line.takeFirst()).toBe(all[0])
  expect(line.length).toBe(1)
})

test('a command that only reads may run where another has written, not the other way round', () => {
  expect(lineOf('examine INBOX').line.takeFitting('select INBOX')).toBeDefined()
  expect(lineOf('select INBOX').line.takeFitting('examine INBOX')).toBeUndefined()
})

test('what needs no mailbox fits everywhere', () => {
  const { line, all } = lineOf('Sent', null)
  expect(line.takeFitting('INBOX')).toBe(all[1])
})

test('a connection without a selected mailbox fits only commands that need none', () => {
  expect(lineOf('Sent').line.takeFitting(null)).toBeUndefined()
})

test('no command is overtaken for ever', () => {
  const { line, all } = lineOf('Sent', ...Array.from({ length: 100 }, () => 'INBOX'))
  let overtakers = 0
  while (line.takeFitting('INBOX')) overtakers++
  expect(overtakers).toBe(16)
  expect(line.takeFirst()).toBe(all[0])
})

test('failAll notifies every command that waits, remove notifies none', () => {
  const { line, all, failed } = lineOf('a', 'b', 'c')
  expect(line.remove(all[1]!)).toBe(true)
  expect(line.remove(all[1]!)).toBe(false)
  line.failAll(new Error('gone'))
  expect(failed).toHaveLength(2)
  expect(line.length).toBe(0)
})
