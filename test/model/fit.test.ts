import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { OwnerActionError } from '../../src/base/errors.ts'
import { fittingAsk } from '../../src/model/fit.ts'
import type { Prompt } from '../../src/model/prompts.ts'

const prompt = {
  name: 'compose',
  maxOutputTokens: 50,
  limits: { mail: 1000, thread: 500, knowledge: 1000, wholeFolder: 2000 },
} as Prompt

/** A frame of 100 octets, then as many letters of each kind as the limits allow. */
function question({ limits }: Prompt) {
  const { mail, thread, knowledge, wholeFolder } = limits
  const content =
    'f'.repeat(100) + 'm'.repeat(mail) + 't'.repeat(thread) + 'k'.repeat(knowledge + wholeFolder)
  return {
    messages: [{ role: 'user' as const, content }],
    schema: z.unknown(),
    schemaName: 'x',
    maxOutputTokens: 50,
  }
}

const counts = (room: number) => {
  const model = { name: 'small', contextTokens: 512, inputOctets: () => room }
  const content = fittingAsk(question, prompt, model).messages[0]?.content ?? ''
  const count = (letter: string) => content.split(letter).length - 1
  expect(content.length).toBeLessThanOrEqual(room)
  return { mail: count('m'), thread: count('t'), knowledge: count('k') }
}

test.each([Number.POSITIVE_INFINITY, 4600])('with room for %s octets nothing is cut', (room) => {
  expect(counts(room)).toEqual({ mail: 1000, thread: 500, knowledge: 3000 })
})

test('with less, knowledge and thread give way and the mail stays whole', () => {
  const { mail, thread, knowledge } = counts(3000)
  expect(mail).toBe(1000)
  expect(thread).toBeGreaterThan(200)
  expect(knowledge).toBeGreaterThan(1500)
})

test('with room for the mail alone, nothing else is left', () => {
  expect(counts(1100)).toEqual({ mail: 1000, thread: 0, knowledge: 0 })
})

test('then the mail is cut, to no less than a part that can be judged', () => {
  const { mail, thread, knowledge } = counts(600)
  expect([thread, knowledge]).toEqual([0, 0])
  expect(mail).toBeGreaterThan(450)
  expect(mail).toBeLessThanOrEqual(500)
})

test.each([249, 90, -5])('with room for %s octets the owner has to change something', (room) => {
  const model = { name: 'small', contextTokens: 512, inputOctets: () => room }
  const act = () => fittingAsk(question, prompt, model)
  expect(act).toThrow(OwnerActionError)
  expect(act).toThrow(/the context of small, 512 tokens, is too small .*-c 8192/)
})
