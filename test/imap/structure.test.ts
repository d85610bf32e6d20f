import { describe, expect, test } from '@jest/globals'
import type { MessageStructureObject } from 'imapflow'
import { partOf } from '../../src/imap/structure.ts'

const leaf = (changes: Partial<MessageStructureObject>): MessageStructureObject => ({
  type: 'text/plain',
  encoding: 'QUOTED-PRINTABLE',
  size: 7,
  ...changes,
})

describe('partOf', () => {
  test('a single-part mail is section 1', () => {
    expect(partOf(leaf({ parameters: { CharSet: 'UTF-8' } }))).toEqual({
      path: '1',
      type: 'text/plain',
      parameters: { charset: 'UTF-8' },
      disposition: null,
      filename: null,
      encoding: 'quoted-printable',
      size: 7,
      children: [],
    })
  })

  test('a multipart root has no section, its parts do', () => {
    const root = partOf({ type: 'Multipart/Mixed', childNodes: [leaf({ part: '1' }), leaf({ part: '2' })] })
    expect([root.path, root.type, root.encoding]).toEqual(['', 'multipart/mixed', '7bit'])
    expect(root.children.map(({ path }) => path)).toEqual(['1', '2'])
  })

  test('an enclosed mail is a leaf, as the root too', () => {
    const inner = { type: 'multipart/mixed', childNodes: [leaf({ part: '2.1' })] }
    expect(partOf({ type: 'message/rfc822', childNodes: [inner] })).toMatchObject({ path: '1', children: [] })
    const root = partOf({
      type: 'multipart/mixed',
      childNodes: [{ part: '1', type: 'message/rfc822', childNodes: [inner] }],
    })
    expect(root.children[0]).toMatchObject({ path: '1', type: 'message/rfc822', children: [] })
  })

  test.each([
    [{ dispositionParameters: { filename: 'a.pdf' } }, 'a.pdf'],
    [{ parameters: { name: 'b.pdf' } }, 'b.pdf'],
    [{ dispositionParameters: { filename: 'a.pdf' }, parameters: { name: 'b.pdf' } }, 'a.pdf'],
    [{}, null],
  ])('%j is named %j', (changes, filename) => {
    expect(partOf(leaf(changes)).filename).toBe(filename)
  })

  test('a name cannot lead to another folder', () => {
    const { filename } = partOf(leaf({ dispositionParameters: { filename: '../../etc/pass\r\nwd\u0000' } }))
    for (const forbidden of ['\r', '\n', '\0', '/', '\\']) expect(filename).not.toContain(forbidden)
  })

  test.each([
    ['INLINE', 'inline'],
    ['attachment', 'attachment'],
    ['form-data', 'attachment'],
    [undefined, null],
  ])('disposition %s is %s', (written, expected) => {
    expect(partOf(leaf({ disposition: written })).disposition).toBe(expected)
  })

  test('ten thousand parts are cut off, nesting a thousand levels deep is survived', () => {
    const wide = partOf({
      type: 'multipart/mixed',
      childNodes: Array.from({ length: 10_000 }, () => leaf({})),
    })
    expect(wide.children.length).toBeLessThan(1001)
    let deep = leaf({})
    for (let i = 0; i < 1000; i++) deep = { type: 'multipart/mixed', childNodes: [deep] }
    expect(partOf(deep).type).toBe('multipart/mixed')
  })
})
