import { describe, expect, test } from '@jest/globals'
import { PermanentError } from '../../../src/base/errors.ts'
import { letter } from '../../guard/letter.ts'
import { html, written } from './written.ts'

describe('the text', () => {
  test('is utf-8 as quoted-printable when it must be', async () => {
    const { message, body } = await written({ text: 'Schöne Grüße 😀' })
    expect(message.structure).toMatchObject({
      type: 'text/plain',
      encoding: 'quoted-printable',
      parameters: { charset: 'utf-8', format: 'flowed' },
    })
    expect(body).toContain('Sch=C3=B6ne')
    expect(message.text).toContain('Schöne Grüße 😀')
  })
  test('mostly Chinese text is not sent as base64', async () => {
    const { message } = await written({
      text: '您好，砾石每吨四十欧元。'.repeat(20),
      signature: '',
      disclosure: null,
    })
    expect(message.structure.encoding).toBe('quoted-printable')
    expect(message.text.trim()).toBe('您好，砾石每吨四十欧元。'.repeat(20))
  })
  test('a word longer than a line survives', async () => {
    const link = `https://harbor.example/${'x'.repeat(2000)}`
    const { message, reply } = await written({ text: `See ${link} for all.` })
    expect(message.structure.encoding).toBe('quoted-printable')
    expect(message.text).toContain(link)
    expect(
      Math.max(
        ...reply.octets
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998)
  })
  test('long paragraphs come back whole, whatever the encoding', async () => {
    for (const text of ['word '.repeat(60).trim(), 'wörd '.repeat(60).trim()]) {
      const { message, body } = await written({ text, signature: '', disclosure: null })
      expect(message.text.trim()).toBe(text)
      expect(Math.max(...body.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76)
    }
  })
  test('controls, CR and bidi marks are gone', async () => {
    const { message } = await written({
      text: 'a\u0000b\rc\u2028d\te\u202ef  \n\n\n\ng\ud800',
      signature: '',
      disclosure: null,
    })
    expect(message.text.trim()).toBe('ab\nc\nd  ef\n\ng\ufffd')
  })
  test('spaces at line ends and empty lines around the answer are gone, indentation stays', async () => {
    const { message } = await written({ text: '\n\n\na  \n  b\n\n', signature: '', disclosure: null })
    expect(message.text).toBe('a\n  b\n')
  })
  test.each(['', ' \n\t ', '\u0000'])('an empty answer (%j) is refused', async (text) => {
    await expect(written({ text })).rejects.toThrow(new PermanentError('the answer is empty'))
  })
  test('16 KiB are the limit, the signature included', async () => {
    const text = 'x'.repeat(16 * 1024 - 1)
    await expect(written({ text, signature: '', disclosure: null })).resolves.toBeDefined()
    await expect(written({ text: `${text}x`, signature: '', disclosure: null })).rejects.toThrow(
      PermanentError,
    )
    await expect(written({ text, signature: 'Mara', disclosure: null })).rejects.toThrow(
      'longer than 16384 octets',
    )
    await expect(written({ text: 'ä'.repeat(8192), signature: '', disclosure: null })).rejects.toThrow(
      PermanentError,
    )
  })
  test('nobody to answer', async () => {
    await expect(written({ original: letter(['-From']) })).rejects.toThrow(
      new PermanentError('the message has no address that a reply could go to'),
    )
  })
  test('the disclosure and the signature are optional', async () => {
    const { body } = await written({ disclosure: null, signature: '' })
    expect(body).toBe('Hello Jonas,\r\n\r\na ton of gravel costs 40 euros.\r\n')
  })
})

describe('the quote', () => {
  const original = letter(
    [],
    'How much?\r\n\r\nSee https://evil.example/x, www.evil.example or evil.com/x, evil.com!\r\nMail a@b.example, e.g. today.\r\nFour\r\nFive\r\n\r\n> older\r\n',
  )
  const body = async (quote: 'none' | 'short', from = original) =>
    (await written({ original: from, quote, disclosure: null, signature: '' })).message.text
      .split('\n\n')[2]
      ?.trim()
  test('is absent by default', async () => {
    expect(await body('none')).toBeUndefined()
  })
  test('holds a few lines, nothing to click and no history', async () => {
    expect(await body('short')).toBe('> How much?\n> See … … or … …\n> Mail … e.g. today.\n> Four\n> …')
  })
  test('of a short letter is all of it', async () => {
    expect(await body('short', letter([], 'One\r\nTwo\r\n'))).toBe('> One\n> Two')
  })
  test('of a letter of four lines is not cut', async () => {
    expect(await body('short', letter([], '1\r\n2\r\n3\r\n4\r\n'))).toBe('> 1\n> 2\n> 3\n> 4')
  })
  test.each([
    ['((evil.com', '…'],
    ['evil.com/x.', '…'],
    ['evil.com:80', '…'],
    ['evil.com?x=y', '…'],
    ['evil.com/a b', '… b'],
    ['evil.com!!', '…'],
    ['(www.evil.example)', '…'],
    ['mara＠x', '…'],
    ['ftp://x', '…'],
    ['owww.nice', 'owww.nice'],
    ['a  b.', 'a  b.'],
    ['no.', 'no.'],
    ['3.50 index.html', '3.50 index.html'],
  ])('%j is quoted as %j', async (text, expected) => {
    expect(await body('short', letter([], `${text}\r\n`))).toBe(`> ${expected}`)
  })
  test('of an empty letter is nothing', async () => {
    expect(await body('short', letter([], ''))).toBeUndefined()
  })
  test('endless spaces take no time', async () => {
    expect(await body('short', letter([], `One${' '.repeat(300_000)}Two\r\n`))).toBe('> One')
  })
  test('a long line is cut', async () => {
    const quoted = (await body('short', letter([], 'word '.repeat(1000))))?.replace(/\n> /g, '') ?? ''
    expect(quoted.length).toBeLessThan(320)
  })
})

describe('the HTML alternative', () => {
  test.each([true, false])('every line ends with CRLF, with it or without: %j', async (isHtml) => {
    const { text } = await written({ original: html, html: isHtml, quote: 'short', text: 'Hello\n\nSecond' })
    expect(text).toContain('Second')
    expect(text).not.toMatch(/(?<!\r)\n|\r(?!\n)/)
  })

  test('follows the text, with the same content', async () => {
    const { message } = await written({
      original: html,
      html: true,
      quote: 'short',
      text: 'Hello <b> & "c"\nnext  line\n\nSecond',
    })
    expect(message.structure.children.map((part) => part.type)).toEqual(['text/plain', 'text/html'])
    expect(message.html?.replace(/\r\n/g, '\n')).toBe(
      [
        '<!DOCTYPE html>',
        '<html lang="en"><head><meta charset="utf-8"><title></title></head><body>',
        '<p>Hello &lt;b&gt; &amp; &quot;c&quot;<br>',
        'next&nbsp;&nbsp;line</p>',
        '<p>Second</p>',
        '<blockquote type="cite"><p>Hello</p></blockquote>',
        '<p>This is an automatic answer.</p>',
        '<p>-- <br>',
        'Mara Lindqvist<br>',
        'Harbor Gravel</p>',
        '</body></html>',
        '',
      ].join('\n'),
    )
  })
  test('without quote, disclosure, signature and language', async () => {
    const { message } = await written({
      original: html,
      html: true,
      text: ' x',
      disclosure: null,
      signature: '',
      language: null,
    })
    expect(message.html).toContain('<html><head><meta charset="utf-8"><title></title></head><body>')
    expect(message.html?.match(/<p>/g)).toHaveLength(1)
    expect(message.html).not.toContain('blockquote')
  })
  test.each([
    [html, false],
    [letter(), true],
  ])('is written only if both sides want it (%#)', async (original, wanted) => {
    expect((await written({ original, html: wanted })).message.structure.type).toBe('text/plain')
  })
})
