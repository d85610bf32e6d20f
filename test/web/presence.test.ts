import { expect, test } from '@jest/globals'
import { Presence } from '../../src/web/presence.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 28) + seconds * 1000)
const ann = { id: 'a', actor: 'Ann' }
const ben = { id: 'b', actor: 'Ben' }

test('others are seen on the same mail, oneself and others elsewhere are not', () => {
  const presence = new Presence()
  presence.stays('m', ann)
  presence.stays('m', { id: 'a2', actor: 'Ann' })
  presence.stays('n', ben)
  expect(presence.others('m', 'Ann', at(0))).toEqual([])
  expect(presence.others('m', 'Ben', at(0))).toEqual(['Ann'])
  expect(presence.others('n', 'Ann', at(0))).toEqual(['Ben'])
})

test('a page without live updates counts for a minute', () => {
  const presence = new Presence()
  presence.opened('m', ann, at(0))
  expect(presence.others('m', 'Ben', at(59))).toEqual(['Ann'])
  expect(presence.others('m', 'Ben', at(60))).toEqual([])
})

test('live updates count until they end, and an older end does not end a newer look', () => {
  const presence = new Presence()
  presence.opened('m', ann, at(0))
  const first = presence.stays('m', ann)
  expect(presence.others('m', 'Ben', at(3600))).toEqual(['Ann'])
  const second = presence.stays('m', ann)
  first()
  expect(presence.others('m', 'Ben', at(3600))).toEqual(['Ann'])
  second()
  expect(presence.others('m', 'Ben', at(3600))).toEqual([])
})
