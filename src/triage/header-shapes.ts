/**
 * How a mail was made, for the local filter: traces of the program that wrote it and of the relays. A program's habits
 * change slowly, regardless of the text.
 */
import { fieldValues, firstField, type Message } from '../mail/message.ts'

/** Runs of capitals, small letters and digits as one of each: `<20021009.AB12@x>` is `0.A0`. */
function shapeOf(text: string): string {
  return text
    .slice(0, 200)
    .replace(/[A-Z]+/g, 'A')
    .replace(/[a-z]+/g, 'a')
    .replace(/[0-9]+/g, '0')
    .replace(/(.)\1+/g, '$1')
    .slice(0, 24)
}

/** Shapes of fields that every mail has: Message-ID, Date, boundary, and the name and local part in From. */
export function shapesOf(message: Message): string[] {
  const field = (name: string) => firstField(message, name) ?? ''
  const from = field('from')
  const boundary = /boundary="?([^";]+)/i.exec(field('content-type'))?.[1] ?? 'none'
  return [
    `id-${shapeOf(field('message-id').replace(/@.*/s, ''))}`,
    `date-${shapeOf(field('date')).toLowerCase()}`,
    `zone-${/[+-]\d{4}/.exec(field('date'))?.[0] ?? 'none'}`,
    `boundary-${shapeOf(boundary)}`,
    `author-${shapeOf(from.replace(/<.*/s, ''))}`,
    `local-${shapeOf(/([^<\s@]{1,64})@/.exec(from)?.[1] ?? 'none')}`,
    `subject-${subjectKind(field('subject'))}`,
  ]
}

function subjectKind(subject: string): string {
  if (subject === '') return 'empty'
  if (/^re:/i.test(subject)) return 're'
  // A number after a gap makes each copy look different to filters that compare subjects.
  return /\s{3,}\S+$/.test(subject) ? 'tail' : 'plain'
}

/** Networks of the relays (the first two and three numbers of an IPv4 address), and the protocols they name. */
export function relaysOf(message: Message): string[] {
  return fieldValues(message, 'received').flatMap((value) => {
    const text = value.slice(0, 1_000)
    const networks = [...text.matchAll(/\b(\d{1,3}\.\d{1,3})\.(\d{1,3})\.\d{1,3}\b/g)].flatMap(
      ([, wide = '', third = '']) => [wide, `${wide}.${third}`],
    )
    const phrases = text.toLowerCase().match(/\b(?:with|by|for) [a-z0-9.+-]{2,30}/g) ?? []
    return [...networks, ...phrases]
  })
}

/** Orders of magnitude: length of the text, number of links. */
export function sizesOf({ text, html, structure }: Message): string[] {
  const magnitude = (count: number) => Math.floor(Math.log2(1 + count))
  const shown = `${text.slice(0, 30_000)}${(html ?? '').slice(0, 120_000)}`
  const plain = hasType(structure, 'text/plain')
  return [
    `length-${magnitude(text.length)}`,
    `links-${magnitude(shown.match(/https?:/gi)?.length ?? 0)}`,
    ...(html !== null && !plain ? ['html-alone'] : []),
    ...(/https?:\/\/\d+\.\d+\.\d+/.test(shown) ? ['link-to-number'] : []),
  ]
}

const hasType = (part: Message['structure'], type: string): boolean =>
  part.type === type || part.children.some((child) => hasType(child, type))
