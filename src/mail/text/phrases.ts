/**
 * What mail programs write around quoted mail and under a message, in the languages they are translated to.
 * All lists are lower case. Each test runs on a bounded string, see `longestLine`.
 */

/** Characters examined of one line, or of one wrapped attribution. */
export const longestLine = 600

/** Hyphens, dashes and box-drawing lines that programs draw rules with. */
const dashes = /[\u2010-\u2015\u2212\u2500\u2501\u2550\u2e3a\u2e3b\ufe58\ufe63\uff0d]/g

/** Every dash as `-`. */
export const plainDashes = (line: string) => line.replace(dashes, '-')

/** The value of a decimal digit in any script: their blocks begin at a code point that ends in 0 or 6. */
function digitOf(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const last = code % 16
  const startsAtZero = /\p{Nd}/u.test(String.fromCodePoint(code - last))
  return String(startsAtZero ? last : last - 6)
}

/** Converts digits of every script to ASCII. */
export const plainDigits = (text: string) => text.replace(/(?![0-9])\p{Nd}/gu, digitOf)

function list(text: string): string[] {
  return text
    .split(/[|\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function alternatives(text: string): string {
  return list(text)
    .sort((a, b) => b.length - a.length)
    .map((entry) => entry.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|')
}

// "wrote" in: en de fr es it pt nl sv/da/no fi pl cs sk hu ro tr el ru uk bg sr/hr/sl ca et lv lt vi id he ar fa
const spelledVerbs = `wrote|writes|has written|schrieb|geschrieben|schreibt|a écrit|a ecrit|écrivait|écrit|escribió|escribio|
  ha escrito|escribe|ha scritto|scrive|scrisse|escreveu|schreef|geschreven|skrev|skriver|kirjoitti|napisał(a)|napisała|napisał|
  pisze|napsal(a)|napsal|napsala|píše|napísal(a)|napísal|írta|ezt írta|a scris|yazdı|έγραψε|пишет|писал|писал(а)|писала|написал|
  написал(а)|написала|пише|писав|написав|написала|написа|napisao|je napisao|je napisal|va escriure|ha escrit|kirjutas|rakstīja|
  rašė|đã viết|menulis|כתב|כתבה|كتب|نوشت`

// zh ja ko th hi: these scripts put no spaces between words
const joinedVerbs =
  '写道|寫道|写到|撰写|书写|書きました|書いた|書かれました|のメール|のメッセージ|님이 작성|작성|썼습니다|เขียนว่า|เขียน|ने लिखा'

export const wroteVerb = new RegExp(
  `(?<![\\p{L}])(?:${alternatives(spelledVerbs)})(?![\\p{L}])|${alternatives(joinedVerbs)}`,
  'iu',
)

/** Words for "said" in programs that write it instead of "wrote"; people write it, too. */
export const saidVerb =
  /(?<!\p{L})(?:said|sagte|a dit|dijo|ha detto|disse|zei|sa|sade|sagde|powiedział|řekl|сказал|сказала|说|說)(?!\p{L})/iu

/** The speaker or the person addressed, as in `as you wrote:`; programs use names. */
export const personalVerb =
  /(?<!\p{L})(?:i|you|we|they|he|she|who|ich|du|sie|er|wir|je|tu|il|elle|yo|tú|él|ella|io|lui|lei|eu|você|ik|jij|u|jag|jeg|du|han|hun|ja|on|ona|я|ты|вы|он|она) (?:wrote|writes|schrieb|schreibt|escribió|escribe|scrive|escreveu|schreef|skrev|skriver|napisał|napsal|пишет|писал|написал)(?!\p{L})/iu

/** How an attribution begins when it does not begin with its date. */
export const attributionStart =
  /^[\s>"'*_-]*(?:on|le|am|um|el|il|em|a|op|den|på|dnia|w dniu|dne|v|ve|la|în data de|pe|στις|в|у|在|於|于|kell|tarihinde|vào|pada|quoting|citando|zitat von|\d|(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс|нд)[a-z]*[.,])(?!\p{L})/iu

/** Roles of the labels in a quoted header block (`From:`, `Sent:` ...). */
type HeaderRole = 'from' | 'date' | 'to' | 'cc' | 'subject' | 'other'

const labels: Readonly<Record<HeaderRole, string>> = {
  from: `from|von|de|da|van|fra|från|lähettäjä|od|от|от кого|від|από|kimden|gönderen|feladó|de la|发件人|寄件者|寄件人|差出人|
    送信者|보낸 사람|보낸사람|من|מאת|từ|dari|expéditeur|remitente|mittente|afsender|avsender|avsändare|nadawca|absender|afzender|
    odesílatel|odosielateľ|отправитель|pošiljatelj|siuntėjas`,
  date: `sent|date|gesendet|gesendet am|datum|envoyé|envoyé le|enviado|enviado el|enviado em|enviada em|enviada|fecha|inviato|data|
    data invio|verzonden|verzonden op|skickat|skickades|sendt|dato|lähetetty|päivämäärä|päiväys|wysłano|wysłane|odesláno|odoslané|
    dátum|отправлено|дата|дата отправки|надіслано|发送时间|发件时间|日期|时间|發送時間|寄件日期|傳送日期|送信日時|日時|日付|보낸 날짜|
    날짜|gönderildi|gönderme tarihi|tarih|elküldve|küldve|trimis|στάλθηκε|ημερομηνία|التاريخ|תאריך|ngày|tanggal`,
  to: `to|an|à|a|para|per|aan|naar|til|till|vastaanottaja|do|komu|кому|до|προς|kime|alıcı|címzett|către|pre|收件人|收件者|宛先|
    받는 사람|إلى|אל|đến|kepada|empfänger|destinataire|destinatario|mottagare|modtager|mottaker|adresat|ontvanger`,
  cc: `cc|kopie|copie|copie à|con copia|cco|bcc|kopi|kopia|kopio|dw|do wiadomości|копия|копія|抄送|副本|참조|bilgi|másolatot kap|cc'd`,
  subject: `subject|betreff|betr|objet|sujet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|тема|主题|主旨|
    标题|件名|제목|konu|tárgy|subiect|θέμα|الموضوع|נושא|chủ đề|subjek|assumpte|teema|tēma|zadeva|naslov`,
  other: `reply-to|reply to|antwort an|répondre à|responder a|rispondi a|risposta|svar til|importance|priority|priorität|
    importancia|attachments|anlagen|anhang|pièces jointes|adjuntos|allegati|bijlagen|message-id|organization|mailed-by`,
}

const roles = new Map(
  Object.entries(labels).flatMap(([role, text]) => list(text).map((label) => [label, role as HeaderRole])),
)

/** The role of a line that begins with a header label, before a colon or in the first cell of a table row; or null. */
export function headerRole(line: string): HeaderRole | null {
  const end = line.slice(0, 60).search(/[:：\t]|[^\s|]\s*\|/)
  if (end < 1) return null
  const label = line.slice(0, /[:：\t]/.test(line[end] ?? '') ? end : end + 1)
  return roleOfLabel(label)
}

/** @param label as written, with emphasis and cell borders around it */
export function roleOfLabel(label: string): HeaderRole | null {
  const bare = label
    .replace(/[*_>|\s\u3000]+/g, ' ')
    .trim()
    .toLowerCase()
  return roles.get(bare) ?? null
}

const originalPhrases = new Set(
  list(`original message|original appointment|original email|original mail|forwarded message|forwarded mail|forwarded email|
    fwd message|previous message|reply message|ursprüngliche nachricht|originalnachricht|original-nachricht|weitergeleitete nachricht|
    ursprüngliche mail|message d'origine|message d’origine|message original|message transféré|message initial|message réexpédié|
    mensaje original|mensaje reenviado|missatge original|messaggio originale|messaggio inoltrato|mensagem original|
    mensagem encaminhada|mensagem reencaminhada|oorspronkelijk bericht|origineel bericht|doorgestuurd bericht|
    oorspronkelijke bericht|ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|oprindelig meddelelse|
    oprindelig besked|videresendt meddelelse|videresendt besked|opprinnelig melding|original melding|videresendt melding|
    alkuperäinen viesti|välitetty viesti|edelleenlähetetty viesti|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana|
    przekazana wiadomość|treść przekazanej wiadomości|původní zpráva|původní e-mail|přeposlaná zpráva|pôvodná správa|
    исходное сообщение|пересланное сообщение|пересылаемое сообщение|переадресованное сообщение|оригинальное сообщение|
    оригінальне повідомлення|вихідне повідомлення|转发邮件|转发邮件信息|原始邮件|原邮件|转发的邮件|回复的原邮件|原始郵件|轉寄郵件|元のメッセージ|
    オリジナルメッセージ|転送メッセージ|원본 메시지|원본 메일|전달된 메시지|orijinal mesaj|özgün ileti|iletilen ileti|iletilmiş mesaj|
    eredeti üzenet|továbbított üzenet|αρχικό μήνυμα|προωθημένο μήνυμα|mesaj original|mesajul original|mesaj redirecționat|
    izvorna poruka|izvirno sporočilo|algne kiri|pesan asli|thư gốc|tin nhắn gốc|الرسالة الأصلية|ההודעה המקורית`),
)

const beginPhrases = new Set(
  list(`begin forwarded message|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|
    début du message réexpédié|début du message transféré|inizio messaggio inoltrato|inicio del mensaje reenviado|
    inicio del mensaje reenviado|início da mensagem reencaminhada|início da mensagem encaminhada|begin doorgestuurd bericht|
    vidarebefordrat brev|påbörja vidarebefordrat brev|start på videresendt besked|videresendt besked|videresendt melding|
    starten på videresendt melding|välitetty viesti alkaa|początek przekazywanej wiadomości|začátek přeposílané zprávy|
    начало переадресованного сообщения|начало пересылаемого сообщения|下面是被转发的邮件|开始转发的邮件|以下は転送されたメッセージです|
    転送されたメッセージ|전달된 메시지|iletilen ileti başlangıcı`),
)

/** A mark between rules, even if the surrounding text was joined to its line. */
const markInside = /-{3,} ?([^-\n]{3,60}?) ?-{3,}/g

/** Puts marks of quoted mail on separate lines, which Samsung's program omits. */
export function withMarksApart(text: string): string {
  if (!text.includes('---') && !/[\u2010-\u2015]{3}/.test(text)) return text
  return text
    .split('\n')
    .map((line) => (line.length > 4000 ? line : markApart(line)))
    .join('\n')
}

function markApart(line: string): string {
  for (const found of plainDashes(line).matchAll(markInside)) {
    if (!originalPhrases.has((found[1] ?? '').trim().toLowerCase())) continue
    const [before, after] = [line.slice(0, found.index), line.slice(found.index + found[0].length)]
    const pieces = [before, line.slice(found.index, found.index + found[0].length), after]
    const isGlued =
      !/^[\s>*_|]*(?:\p{Lu}{1,3}>)?[\s>*_|]*$/u.test(before) || /^\s*[^\s*_]{0,30}[:：]/u.test(after)
    return isGlued ? pieces.filter((piece) => piece.trim() !== '').join('\n') : line
  }
  return line
}

/** Every mark has one of these signs, so most lines need no further test. */
const markSign = /^[\s>*_]*[-_=*]{2}|[:：]\s*\**\s*$|above|oberhalb|au-dessus/i

/** True for `-----Original Message-----`, `Begin forwarded message:`, a help desk's "reply above" line and the like. */
export function isOriginalMark(written: string): boolean {
  if (written.length > 160) return false
  const line = plainDashes(written)
  if (!markSign.test(line)) return false
  const bare = line.toLowerCase().replace(/^[\s*_=>#-]+|[\s*_=<>#:：-]+$/g, '')
  if (
    /(?:reply|respond|type your reply|write your reply|antworten|répondre) (?:above|oberhalb|au-dessus)/.test(
      bare,
    )
  ) {
    return /^[\s>]*[#=*_-]{2}/.test(line) || /this line/.test(bare)
  }
  if (beginPhrases.has(bare) && /[:：]\s*\**\s*$/.test(line)) return true
  const phrase = bare.replace(/ (?:by|von|from|de|от) .*$/, '')
  return /^[\s>*_]*[-_=*]{2,}/.test(line) && (originalPhrases.has(phrase) || originalPhrases.has(bare))
}
