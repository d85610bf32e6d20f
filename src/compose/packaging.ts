/**
 * Removes what a model wraps around a reply although it was asked for plain text, and reports what is worth a doubt.
 */
import { textOfHtml } from '../mail/html/text.ts'
import { isClosing } from '../mail/reply/sign-off.ts'

type Removed =
  | 'escapes'
  | 'html'
  | 'thoughts'
  | 'fence'
  | 'markdown'
  | 'preface'
  | 'subject'
  | 'offer'
  | 'signature'

export interface Unpacked {
  text: string
  /** What was removed or rewritten: a writer that ignores this rule may have ignored others. */
  removed: Removed[]
}

const subject =
  /^\s*(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|předmět|predmet|tárgy|ämne|emne|aihe|konu|тема|件名|主题|主旨|제목|الموضوع)\s*[:：].*\n+/iu
/** A first line about the text below it, `Here is a draft:`, but not one that greets or thanks the customer. */
const preface =
  /^(?!(?![^\n]*\b(?:here (?:is|are)|here['’]s|hier (?:ist|kommt)|voici|aquí|ecco)\b)\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|thanks?|hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|liebe[rs]?|sehr geehrter?|danke|(?:vielen|besten|herzlichen) dank|bonjour|bonsoir|ch[eè]re?s?|madame|monsieur|merci|hola|buen[oa]s|estimad[oa]s?|querid[oa]s?|gracias|buongiorno|buonasera|salve|gentil[ei]|egregi[oa]|car[oaie]|grazie|olá|prezad[oa]s?|obrigad[oa]|hoi|geachte|beste|bedankt|hartelijk dank|hej)(?!\p{L}))[^\n]{0,120}\b(?:draft|reply|response|answer|entwurf|antwort|brouillon|réponse|borrador|respuesta|bozza|risposta|rascunho|resposta|concept|antwoord|utkast|svar|odpowiedź|odpověď|válasz|yanıt)\b[^\n]{0,60}[:：]\s*\n\s*\n/iu
/** The same, with a word that may also occur in a letter, or without a blank line below. */
const spokenPreface =
  /^\s*(?:sure|certainly|of course|absolutely|here(?:['’]s| is| are)|below is|gerne|natürlich|hier (?:ist|kommt)|voici|bien sûr|claro|aquí|ecco|certo|segue)\b[^\n]{0,120}\b(?:draft|reply|response|answer|e-?mail|message|text|version|entwurf|antwort|nachricht|brouillon|réponse|courriel|borrador|respuesta|correo|mensaje|bozza|risposta|messaggio|rascunho|resposta|mensagem)\b[^\n]{0,60}[:：]\s*\n/iu
/** A last paragraph that offers to change something. */
const asks =
  /\b(?:let me know if|feel free to|would you like|do you want me|should i|shall i|sag(?:en sie|t)? mir|möchten sie|soll ich|lassen sie mich wissen|n['’]hésitez pas|souhaitez-vous|dites-moi|dime si|avísame)\b/iu
/** What such a paragraph is about, if a preface or a rule shows that a model speaks: owners send drafts, too. */
const aboutText =
  /\b(?:draft|tone|wording|phrasing|(?:this|the) (?:reply|e-?mail|response|text)|entwurf|(?:den|am) ton(?:fall)?|formulierung|brouillon|le ton|borrador|el tono)\b/iu
const change =
  '(?:make|adjust|change|edit|modify|revise|rewrite|rephrase|shorten|soften|änder|anpass|anzupassen|kürz|umformulier|modifi|ajust|raccourci|reformul|cambi|acort|accorci|aanpas|wijzig)\\p{L}*'
const reply =
  '(?:(?:this|the)(?: draft)? (?:reply|response)|(?:reply|response) draft|this draft|(?:diesen|den) entwurf|antwortentwurf|diese[rn]? antwort|cette réponse|esta respuesta|questa risposta|dit antwoord|esta resposta)'
/** The same without such a sign: only the reply itself. */
const aboutReply = new RegExp(`${change}[^.;!?]{0,60} ${reply}|${reply}[^.;!?]{0,60} ${change}`, 'iu')
const rule = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*\n|\n[ \t]*(?:-{3,}|\*{3,}|_{3,})\s*$/g
const fence = /^\s*```[\w-]*\n([\s\S]*?)\n?```\s*$/
/** The thoughts of a reasoning model before its answer. */
const thoughts = /^\s*<(think(?:ing)?)>[\s\S]*?<\/\1>\s*/i

/** @param signatures what replyd adds below: their lines must not also be in the text */
export function unpacked(written: string, signatures: readonly string[]): Unpacked {
  const removed: Removed[] = []
  let text = written
  const take = (kind: Removed, without: (text: string) => string) => {
    const rest = without(text)
    if (rest !== text) removed.push(kind)
    text = rest
  }
  take('thoughts', (all) => all.replace(thoughts, ''))
  take('escapes', withLineEnds)
  take('html', withoutHtml)
  take('fence', (all) => fence.exec(all)?.[1] ?? all)
  take('markdown', withoutMarkdown)
  take('preface', (all) => withoutFrame(all, [preface, spokenPreface]))
  take('offer', (all) => withoutOffer(all, removed.includes('preface')))
  take('fence', (all) => fence.exec(all)?.[1] ?? all)
  take('subject', (all) => all.replace(subject, ''))
  take('signature', (all) => withoutSignature(all, signatures))
  return { text: text.trim(), removed: [...new Set(removed)] }
}

/** Removes remarks about the text, and the rules that separate them from it. */
function withoutFrame(text: string, frames: readonly RegExp[]): string {
  const rest = frames.reduce((left, frame) => left.replace(frame, ''), text)
  return rest === text ? text : rest.replace(rule, '').trim()
}

/** @param isWrapped a preface was removed */
function withoutOffer(text: string, isWrapped: boolean): string {
  const lines = text.trimEnd().split('\n')
  const last = lines.pop() ?? ''
  const above = lines.join('\n').trimEnd()
  if (last.length > 400 || lines.at(-1)?.trim() !== '' || !asks.test(last)) return text
  const about = isWrapped || /(?:-{3,}|\*{3,}|_{3,})$/.test(above.slice(-9)) ? aboutText : aboutReply
  return about.test(last) ? above.replace(rule, '').trim() : text
}

/** Line ends that were escaped twice; a path such as `C:\new` has none. */
function withLineEnds(text: string): string {
  return text.replace(/(?<!(?<![A-Za-z])[A-Za-z]:\S{0,200})(?:\\r)?\\n/g, '\n').replace(/\n{3,}/g, '\n\n')
}

const blockHtml = /<\/(?:p|div|ul|ol|li|h[1-6]|table|blockquote|body|html)\s*>/i
const inlineHtml = /<(b|strong|i|em|u|span|font|code)\b[^<>]*>([^<>]*)<\/\1\s*>/gi
const link = /<a\b[^<>]*\bhref\s*=\s*["']?(https?:[^\s"'<>]+)["']?[^<>]*>([^<>]*)<\/a\s*>/gi

function withoutHtml(text: string): string {
  const linked = text.replace(link, (_, url: string, label: string) => labelled(label, url))
  if (blockHtml.test(linked)) return textOfHtml(linked).text
  return linked.replace(/<br\s*\/?>\n?/gi, '\n').replace(inlineHtml, '$2')
}

const labelled = (label: string, url: string) => (label.trim() === url ? url : `${label} (${url})`)

/** No two parts of it match the same space: a run of them would be split in every possible way. */
const tableRule = /^[ \t]*(?:\|[ \t]*)?(?::?-{3,}:?[ \t]*\|[ \t]*)+(?::?-{3,}:?[ \t]*)?$\n?/gm

function withoutMarkdown(text: string): string {
  return text
    .replace(/\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g, '$1')
    .replace(/(?<![\w])__(?=\S)([^_\n]+?)(?<=\S)__(?![\w])/g, '$1')
    .replace(/^#{1,6}\s+/gm, '')
    .replace(tableRule, '')
    .replace(/^[ \t]*\|(.+)\|[ \t]*$/gm, (_, row: string) =>
      row
        .split('|')
        .map((cell) => cell.trim())
        .join(', '),
    )
    .replace(/(?<!`)`([^`\n]+)`(?!`)/g, '$1')
    .replace(/\[([^\]\n]{1,200})\]\((https?:[^)\s]+)\)/g, (_, label: string, url: string) =>
      labelled(label, url),
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
  if (isAnswer(lines.slice(0, end), lines.slice(end), own)) end = lines.length
  if (bringsClosing && end > 1 && isClosing(lines[end - 1] ?? '')) end--
  return end === lines.length ? text : lines.slice(0, end).join('\n').trimEnd()
}

/** The customer asked for it: it stands below a colon, or is a single line that is only part of one. */
function isAnswer(above: readonly string[], taken: readonly string[], own: readonly string[]): boolean {
  const filled = taken.map(plain).filter(Boolean)
  const isPart = filled.length === 1 && !own.includes(filled[0] ?? '')
  return isPart || /[:：]$/.test((above.at(-1) ?? '').trimEnd())
}
