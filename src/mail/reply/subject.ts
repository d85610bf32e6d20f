import { decodeWords, plainLine } from '../address.ts'
import { firstField, type Message } from '../message.ts'

/** Code points, `Re: ` included. */
const longestSubject = 250

// What mail programs put before the subject of a reply, by language. Forward prefixes (Fwd, WG, TR, RV, I, Enc, VB),
// `Auto:`, a lone `R:` and bracketed tags belong to the subject, as does `Ref:`, which people write themselves.
const prefixes =
  're|aw|antwort|antw|antwoord|sv|svar|vs|vast|odp|odpověď|odpoveď|odg|одг|отг|ynt|yan[ıi]t|cev|res|resp|respuesta|resposta|rif|risp|' +
  'risposta|rép|réponse|atb|ats|at|vá|válasz|răsp|răspuns|bls|balas|отв|ответ|відп|відповідь|απ|απάντηση|σχετ|' +
  'תשובה|תגובה|השב|رد|الرد|پاسخ|回复|答复|回覆|回信|返信|답장|회신|trả lời|tl|ตอบ|ตอบกลับ|उत्तर'
// Counters: Re[2]: and Re(2): of The Bat and Lotus, Re^2:, Eudora's Re*2:, Re2:
const replyPrefix = new RegExp(
  `^(?:${prefixes})[.]? ?(?:\\[\\d{1,9}\\]|\\(\\d{1,9}\\)|[\\^*]?\\d{1,9})? ?[:：﹕] ?`,
  'iu',
)

/**
 * The subject of a reply (section 5.4), decoded: one `Re: ` before the subject without its reply prefixes. RFC 5322
 * section 3.6.5. Encoded words can hide CR LF; none remains here.
 */
export function replySubject(original: Pick<Message, 'fields'>): string {
  const decoded = plainLine(decodeWords(firstField(original, 'subject') ?? ''))
  const codePoints = [...`Re: ${stripPrefixes(decoded) || '(no subject)'}`]
  if (codePoints.length <= longestSubject) return codePoints.join('')
  return `${codePoints
    .slice(0, longestSubject - 1)
    .join('')
    .trimEnd()}…`
}

function stripPrefixes(subject: string): string {
  let left = subject
  for (let prefix = replyPrefix.exec(left); prefix; prefix = replyPrefix.exec(left))
    left = left.slice(prefix[0].length)
  return left
}
