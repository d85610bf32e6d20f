import { expect, test } from '@jest/globals'
import { attackers, genuine, mailsEach } from '../../bench/attack/attackers.ts'
import { campaign } from '../../bench/attack/obedient.ts'
import { newDatabase } from './database.ts'

test('there are 20 attackers with 200 mails', () => {
  expect([new Set(attackers.map(({ name }) => name)).size, mailsEach]).toEqual([20, 10])
})

test.each(['server', 'signature'] as const)(
  'an obedient model sends nothing to anybody but an author that is proven by the %s',
  async (by) => {
    const { mails, sent, wrong } = await campaign(by, await newDatabase())
    expect(wrong).toEqual([])
    expect(mails).toBe(210)
    // Otherwise it would have proven nothing: proven authors are answered.
    expect(sent.filter(({ of }) => of === genuine.name)).toHaveLength(mailsEach)
  },
)
