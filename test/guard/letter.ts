import fc from 'fast-check'
import { applyGuard, freshContext, type GuardContext } from '../../src/guard/ceiling.ts'
import type { Owner } from '../../src/mail/account.ts'
import type { Message } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'

export const now = new Date('2026-03-10T09:00:00Z')

export const owner: Owner = {
  address: 'mara.lindqvist@harbor.example',
  aliases: ['mara@harbor.example', 'office@harbor.example'],
  displayName: 'Mara Lindqvist',
  authservIds: ['mx.harbor.example'],
  ownLists: ['sales.harbor.example'],
}

const ordinary = [
  'Return-Path: <jonas@quarry.example>',
  'From: Jonas Ek <jonas@quarry.example>',
  'To: mara@harbor.example',
  'Subject: Gravel',
  'Message-ID: <g1@quarry.example>',
  'Date: Tue, 10 Mar 2026 09:00:00 +0100',
]

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(':')).trim().toLowerCase()
}

/**
 * A person's ordinary letter with some fields replaced or added; `-Name` omits a field. Fields may contain folded
 * lines (`
 *  `).
 */
export function letter(fields: readonly string[] = [], body = 'How much is a ton of gravel?\r\n'): Message {
  const changed = new Set(
    fields.map((field) => (field.startsWith('-') ? field.slice(1).toLowerCase() : nameOf(field))),
  )
  const header = [
    ...ordinary.filter((field) => !changed.has(nameOf(field))),
    ...fields.filter((field) => !field.startsWith('-')),
  ]
  return parseOctets(Buffer.from(`${header.join('\r\n').replace(/\r?\n/g, '\r\n')}\r\n\r\n${body}`, 'utf8'))
}

/** A letter with parts; each part is given as its header fields, an empty line and its content. */
export function letterOf(type: string, parts: readonly string[], fields: readonly string[] = []): Message {
  const body = [...parts.map((part) => `--b1\n${part}\n`), '--b1--\n'].join('').replace(/\n/g, '\r\n')
  return letter([...fields, 'MIME-Version: 1.0', `Content-Type: ${type}; boundary="b1"`], body)
}

export const textPart = 'Content-Type: text/plain\n\nHello'

/** `decision reason` of a message that has just arrived. */
export function verdict(
  message: Message,
  context: Partial<GuardContext> = {},
  who: Partial<Owner> = {},
): string {
  const { decision, reason } = applyGuard(message, { ...owner, ...who }, { ...freshContext(now), ...context })
  return `${decision} ${reason}`
}

/** Every code that fires. */
export function codes(
  message: Message,
  context: Partial<GuardContext> = {},
  who: Partial<Owner> = {},
): readonly string[] {
  return applyGuard(message, { ...owner, ...who }, { ...freshContext(now), ...context }).codes
}

/** Text of any code points, lone surrogates included. fast-check's own unit `binary` takes two seconds to set up. */
export const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff })), {
    maxLength: 60,
  })
  .map((codePoints) => String.fromCodePoint(...codePoints))
