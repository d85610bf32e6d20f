import { expect, test } from '@jest/globals'
import { demoOwner, writtenMail } from '../../src/demo/sample.ts'
import { decodeWords } from '../../src/mail/address.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'

const at = new Date('2026-11-24T08:00:00Z')
const read = (name: string, subject: string, text: string) =>
  parseOctets(writtenMail({ name, subject, text }, 'id1', at))

test('a mail to the demo arrives as it was written', () => {
  const message = read('Zoë', 'Größe M?', 'Hello,\r\n\r\nis 10 € the price?\n')
  expect(decodeWords(firstField(message, 'from') ?? '')).toBe('Zoë <zoe@visitor.example>')
  expect(decodeWords(firstField(message, 'subject') ?? '')).toBe('Größe M?')
  expect(firstField(message, 'to')).toBe(demoOwner.address)
  expect(message.text).toContain('is 10 € the price?')
})

test.each(['', 'Eve\r\nBcc: all@shop.example', 'Eve <support@nordlicht.example>', '"Eve" \\'])(
  'the name %p adds no header and no other sender',
  (name) => {
    const message = read(name, 'A\r\nBcc: all@shop.example', 'Hello')
    expect(firstField(message, 'bcc')).toBeNull()
    expect(firstField(message, 'from')).toMatch(/^[^@]*<?[a-z.]+@visitor\.example>?$/)
    expect(firstField(message, 'from')).not.toMatch(/<support@/)
  },
)
