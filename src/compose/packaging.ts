/**
 * Removes what a model wraps around a reply although it was asked for plain text, and reports what is worth a doubt.
 */
import { isClosing } from '../mail/reply/sign-off.ts'

export interface Unpacked {
  text: string
  /** What was removed, beyond line ends: a writer that ignores this rule may have ignored others. */
  removed: ('fence' | 'subject' | 'preface' | 'markdown' | 'signature')[]
}

const subject =
  /^\s*(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|předmět|predmet|tárgy|ämne|emne|aihe|konu|тема|件名|主题|主旨|제목|الموضوع)\s*[:：].*\n+/iu
/** A first line about the text below it: `Here is a draft:`, `Hier ist die Antwort:`. */
const preface =
  /^[^\n]{0,120}\b(?:draft|reply|response|answer|entwurf|antwort|brouillon|réponse|borrador|respuesta|bozza|risposta|rascunho|resposta|concept|antwoord|utkast|svar|odpowiedź|odpověď|válasz|yanıt)\b[^\n]{0,60}[:：]\s*\n\s*\n/iu
const fence = /^\s*```[\w-]*\n([\s\S]*?)\n?```\s*$/

/** @param signatures what replyd adds below: their lines must not also be in the text */
export function unpacked(written: string, signatures: readonly string[]): Unpacked {
  const removed: Unpacked['removed'] = []
  const take = (kind: Unpacked['removed'][number], text: string, without: string) => {
    if (without === text) return text
    removed.push(kind)
    return without
  }
  let text = withLineEnds(written)
  text = take('fence', text, fence.exec(text)?.[1] ?? text)
  text = take('preface', text, text.replace(preface, ''))
  text = take('subject', text, text.replace(subject, ''))
  text = take('markdown', text, withoutMarkdown(text))
  text = take('signature', text, withoutSignature(text, signatures))
  return { text: text.trim(), removed }
}

/** Line ends that were escaped twice, or written as HTML. */
function withLineEnds(text: string): string {
  const real = /\n/.test(text) ? text : text.replace(/\\r\\n|\\n/g, '\n')
  if (!/<\/?(?:br|p|div)\b/i.test(real)) return real.replace(/\\n/g, '\n')
  return real
    .replace(/<br\s*\/?>\n?/gi, '\n')
    .replace(/<\/(?:p|div)>\s*/gi, '\n\n')
    .replace(/<(?:p|div)\b[^>]*>/gi, '')
    .replace(/&nbsp;/gi, ' ')
    .replace(/&amp;/gi, '&')
    .replace(/\n{3,}/g, '\n\n')
}

function withoutMarkdown(text: string): string {
  return text
    .replace(/\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g, '$1')
    .replace(/(?<![\w])__(?=\S)([^_\n]+?)(?<=\S)__(?![\w])/g, '$1')
    .replace(/^#{1,6}\s+/gm, '')
    .replace(/^\s*\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?\s*)?$\n?/gm, '')
    .replace(/^\s*\|(.+)\|\s*$/gm, (_, row: string) =>
      row
        .split('|')
        .map((cell) => cell.trim())
        .join(', '),
    )
    .replace(/(?<!`)`([^`\n]+)`(?!`)/g, '$1')
    .replace(/\[([^\]\n]{1,200})\]\((https?:[^)\s]+)\)/g, (_, label: string, link: string) =>
      label === link ? link : `${label} (${link})`,
    )
}

const plain = (line: string) =>
  line
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/**
 * Removes trailing lines that belong to the signature: its own lines, and a closing formula if it begins with one.
 */
function withoutSignature(text: string, signatures: readonly string[]): string {
  const own = signatures
    .flatMap((signature) => signature.split('\n'))
    .map(plain)
    .filter(Boolean)
  const bringsClosing = signatures.some((signature) => isClosing(signature.trim().split('\n')[0] ?? ''))
  if (own.length === 0) return text
  const lines = text.trimEnd().split('\n')
  const isOwn = (line: string) => {
    const words = plain(line)
    return words !== '' && own.some((each) => each === words || (words.length >= 8 && each.includes(words)))
  }
  let end = lines.length
  while (end > 1 && (plain(lines[end - 1] ?? '') === '' || isOwn(lines[end - 1] ?? ''))) end--
  if (bringsClosing && end > 1 && isClosing(lines[end - 1] ?? '')) end--
  return end === lines.length ? text : lines.slice(0, end).join('\n').trimEnd()
}
