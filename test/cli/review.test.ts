import { describe, expect, test } from '@jest/globals'
import { widthOf } from '../../src/base/columns.ts'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { idBeginning, type Listed, listText, shortIds, showText } from '../../src/cli/review.ts'
import { fittedTable as table } from '../../src/cli/table.ts'

const ids = ['01m8h1b7w0000000000000000a', '01m8h1b750000000000000000b', '01m8h0vmp0000000000000000c']

describe('short ids', () => {
  test.each([
    [ids, ['01m8h1b7w', '01m8h1b75', '01m8h0vmp']],
    [ids.slice(2), ['01m8h0vm']],
    [[], []],
  ])('%j', (given, short) => expect(shortIds(given)).toEqual(short))

  const api = {
    get: async (path: string) => (path === '/mails' ? ids : ids.slice(0, 1)).map((id) => ({ id })),
  } as unknown as ApiClient

  test.each([
    ['01m8h0', ids[2]],
    ['01M8H1B75', ids[1]],
    [ids[0] ?? '', ids[0]],
    ['../x', '../x'],
  ])('%s is %s', async (given, id) => expect(await idBeginning(api, given)).toBe(id))

  test.each([
    ['01m8h1', '2 ids begin with 01m8h1: give more of it'],
    ['01zz', 'no mail has an id that begins with 01zz'],
  ])('%s: %s', (given, message) => expect(idBeginning(api, given)).rejects.toThrow(message))
})

describe('a table', () => {
  const rows = [
    { id: 'a1', subject: 'word '.repeat(30), outcome: 'left alone' },
    { id: 'a2', subject: '日本への発送について'.repeat(9), outcome: 'reply\x1b[2J saved' },
  ]
  test.each([40, 80, 120, 1000])('fits %i columns', (columns) => {
    const lines = table(rows, columns).split('\n')
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
    expect(lines[0]).toMatch(/^id {2}subject +outcome$/)
    expect(lines.join('')).not.toContain('\x1b')
  })

  test('never cuts a column that must stay whole', () => {
    const shown = table(rows, 60, { whole: ['outcome'] })
    expect(shown).toContain('reply\ufffd[2J saved')
    expect(Math.max(...shown.split('\n').map(widthOf))).toBeLessThanOrEqual(60)
  })

  test('figures are aligned to the right', () =>
    expect(table([{ day: 'a', calls: '7' }], 80, { right: ['calls'] })).toBe('day  calls\na        7'))

  test('never cuts the first column', () =>
    expect(table([{ id: 'x'.repeat(30), b: 'y'.repeat(30) }], 20)).toContain('x'.repeat(30)))
})

const mail: Listed = {
  id: ids[0] ?? '',
  from: 'ann@a.example',
  subject: 'Opening hours',
  disposition: 'drafted',
  reason: 'mode-draft',
  verdict: { summary: 'She asks when the shop opens.' },
  text: 'When do you open?',
  reply: {
    state: 'saved',
    to: 'ann@a.example',
    text: 'At nine.',
    claims: [{ claim: 'nine', kind: 'number' }],
    holdReasons: [{ because: 'The model is not sure.' }],
  },
}

test('a reply is shown with what it is about, why it waits, and the claims without a source', () => {
  const shown = showText(mail)
  expect(shown).toContain('\nAbout: She asks when the shop opens.\n')
  expect(shown).toContain('\nWaits: The model is not sure.\nIn none of your sources: nine')
})

test('a list shows the reason if there is room', () => {
  expect(listText([mail], 80)).not.toMatch(/reason/)
  expect(listText([mail], 120)).toMatch(/reason/)
})
