import { expect, test } from '@jest/globals'
import { correspondents } from '../../src/mail/correspondents.ts'
import { letter, owner } from '../guard/letter.ts'

test('they are read once for a message and an owner', () => {
  const message = letter(['Reply-To: office@harbor.example'])
  expect(correspondents(message, owner)).toBe(correspondents(message, owner))
  const other = { ...owner, address: 'else@x.example', aliases: [] }
  expect(correspondents(message, owner).target?.address).toBe('jonas@quarry.example')
  expect(correspondents(message, other).target?.address).toBe('office@harbor.example')
  expect(correspondents(message, owner).target?.address).toBe('jonas@quarry.example')
  expect(correspondents(letter(), owner).foreignReplyTo).toEqual([])
})
