import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { flowedText } from '../../../src/mail/reply/flowed.ts'

const flow = (answer: string, more: Partial<Parameters<typeof flowedText>[0]> = {}) =>
  flowedText({ notice: '', answer, quote: '', disclosure: '', signature: '', ...more })

/** RFC 3676 section 4: how a reader rejoins the lines. */
function unflowed(text: string): string {
  const lines: string[] = []
  let open = false
  for (const line of text.split('\r\n')) {
    const content = line.startsWith(' ') ? line.slice(1) : line
    if (open) lines[lines.length - 1] += content
    else lines.push(content)
    open = content.endsWith(' ') && content !== '-- '
  }
  return lines.join('\n')
}

describe('format=flowed', () => {
  test.each([
    ['short', 'short\r\n'],
    ['two\nlines', 'two\r\nlines\r\n'],
    [' indented', '  indented\r\n'],
    ['>no quote', ' >no quote\r\n'],
    ['From here', ' From here\r\n'],
    ['Fromage', 'Fromage\r\n'],
  ])('%j gives %j', (text, expected) => {
    expect(flow(text)).toBe(expected)
  })
  test('long lines break after a space, at 75 characters and one to spare', () => {
    const text = `${'a'.repeat(37)} ${'b'.repeat(36)} c`
    expect(flow(text)).toBe(`${'a'.repeat(37)} ${'b'.repeat(36)} \r\nc\r\n`)
    expect(flow(`${'a'.repeat(37)} ${'b'.repeat(35)} c`)).toBe(`${'a'.repeat(37)} ${'b'.repeat(35)} c\r\n`)
  })
  test('characters are counted, not UTF-16 units', () => {
    expect(flow(`${'😀'.repeat(60)} x`)).toBe(`${'😀'.repeat(60)} x\r\n`)
  })
  test('a quote keeps its mark on every line', () => {
    const lines = flow('x', { quote: `${'word '.repeat(30)}end\n> deeper` })
      .split('\r\n')
      .slice(2, -1)
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(line).toMatch(/^> /)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(76)
  })
  test('the signature separator is no soft break', () => {
    expect(flow('x', { signature: 'Mara' })).toBe('x\r\n\r\n-- \r\nMara\r\n')
  })
  test('a reader gets the text back', () => {
    const word = fc.stringMatching(/^[a-zé>😀.-]{1,30}$/u)
    const line = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        fc.pre(!lines.some((one) => one.startsWith('> ') || one === '-- '))
        const answer = lines.join('\n')
        const flowed = flow(answer)
        expect(unflowed(flowed)).toBe(`${answer}\n`)
        for (const one of flowed.split('\r\n')) expect([...one].length).toBeLessThanOrEqual(76)
      }),
    )
  })
})
