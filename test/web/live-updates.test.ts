import { expect, test } from '@jest/globals'
import { Presence } from '../../src/web/live-updates.ts'

test('others are named by mail and in order; oneself, in any number of windows, is not', () => {
  const presence = new Presence()
  for (const [mail, actor] of [
    ['n', 'Cem'],
    ['m', 'Ben'],
    ['m', 'Ann'],
    ['m', 'Ann'],
  ] as const)
    presence.enter(mail, actor)
  expect(presence.others('Dora')).toEqual({ m: ['Ann', 'Ben'], n: ['Cem'] })
  expect(presence.others('Ann')).toEqual({ m: ['Ben'], n: ['Cem'] })
})

test('somebody with two windows on a mail is there until both are closed, and closing twice is closing once', () => {
  const presence = new Presence()
  const [first, second] = [presence.enter('m', 'Ann'), presence.enter('m', 'Ann')]
  first()
  first()
  expect(presence.others('Ben')).toEqual({ m: ['Ann'] })
  second()
  expect(presence.others('Ben')).toEqual({})
})

test('an id that is a property of every object is an id like any other', () => {
  const presence = new Presence()
  presence.enter('__proto__', 'Ann')
  expect(Object.keys(presence.others('Ben'))).toEqual(['__proto__'])
})
