/**
 * What gateways, scanners and legal departments put around a text: warnings above it, footers below the quotation. No
 * person wrote them. Each list is one concept in many languages; several must match.
 */

import { longestLine } from './phrases.ts'

/** Characters of one warning or footer. */
const longestNotice = 4000
/** Lines of one warning. */
const mostLines = 12

const any = (...lists: string[]) => new RegExp(lists.join('|'), 'iu')

/** A mail, its sender, or where it comes from. */
const mail = any(
  'e-?mails?\\b|\\bmails?\\b|messages?|\\bsenders?\\b|organi[sz]|\\bcompany\\b|\\bnetwork\\b|\\bdomain\\b|nachricht|absender|unternehmen|courriel|expéditeur',
  'entreprise|mensaje|correo|remitente|empresa|messaggi|mittente|aziend|mensage|berichte?n?\\b|afzender|meddelande|avsändare|besked|afsender|melding|avsender',
  'viesti|lähettäjä|wiadomoś|nadawc|firmy|zpráv|odesílatel|společnost|üzenet|feladó|szervezet|mesaj|expeditor|e-?posta|ileti|gönderen|kurum|сообщени|письм|отправител',
  'организац|повідомлен|лист|відправник|μήνυμα|αποστολέα|οργανισμ|メール|送信者|差出人|組織|邮件|郵件|发件人|寄件|组织|組織|메일|발신|조직|رسالة|المرسل|المؤسسة|הודעה|השולח|הארגון',
)

/** From outside. */
const outside = any(
  '\\bexternal|\\boutside\\b|\\bextern(?:e[nrs]?|al|[oaiyý]|ím[iu]?)?\\b|au(?:ß|ss)erhalb|extérieur|externe?s?\\b|en dehors|fuera de|estern[oaie]|al di fuori|\\bfora d[aeo]',
  '\\bbuiten\\b|utanför|uden for|utenfor|ulkopuol|zewnętrzn|spoza|\\bmimo\\b|kívülről|külső|din afara|dışı|вне\\b|внешн|извне|зовнішн|ззовні|εξωτερικ|εκτός',
  '社外|外部|组织外|외부|خارج|מחוץ|חיצונ',
)

/** What to be careful with. */
const caution = any(
  'click|\\blinks?\\b|attach|\\bopen|cautio|careful|recogni[sz]e|\\btrust|verif|phish|suspicio|originat|\\bsafe|warn|anhäng|anhang|öffne|klick|vorsicht|vertrau|stammt',
  'pièces?|liens?\\b|cliqu|pruden|ouvr|provient|adjunt|enlace|clic|precauci|proviene|procede|allegat|cautel|anexo|cuidado|provém|bijlage|voorzichtig|koppeling|afkomstig',
  'bilag|länk|vedh?æ?e?f|lenke|kommer fr|liitte|linkk|varo|załącznik|ostrożn|pochodzi|příloh|odkaz|pochází|mellékl|hivatkoz|érkezett|ataș|provine|ekler|bağlant|dikkat',
  'вложени|ссыл|осторож|получен|вкладен|посилан|συνημμ|σύνδεσμ|προσοχή|προέρχεται|添付|リンク|注意|届|附件|链接|連結|来自|來自|첨부|링크|주의|مرفق|روابط|احذر|קישור|קבצים|זהיר',
)

/** "This mail", in the words of a system that handled it. */
const thisMail = any(
  '^\\W*(?:this|the) (?:incoming |outgoing )?(?:e-?mail|message|mail|transmission|communication|sender)|^\\W*diese (?:e-?mail|nachricht|mail)|^\\W*ce (?:message|courriel|mail|courrier)|^\\W*cet e-?mail',
  '^\\W*este (?:mensaje|correo|e-?mail)|^\\W*est[ae] (?:mensagem|e-?mail)|^\\W*quest[ao] (?:e-?mail|messaggio)|^\\W*d(?:it|eze) (?:e-?mail|bericht)|^\\W*(?:detta|det här|denne|dette|denna) (?:e-?|meddel|besk|meld|mail)',
  '^\\W*tämä (?:viesti|sähkö)|^\\W*(?:ta|niniejsza) wiadomość|^\\W*(?:tato|tento) (?:zpráva|e-?mail)|^\\W*ez a|^\\W*acest (?:e-?mail|mesaj)|^\\W*bu (?:e-?posta|ileti|mesaj)|^\\W*(?:это|данное|настоящее) (?:сообщ|пись|эл)',
  '^\\W*(?:цей|це) |^\\W*αυτό το|^\\W*このメール|^\\W*[此本]邮件|^\\W*[此本]郵件|^\\W*이 메일|^\\W*هذه الرسالة|^\\W*הודעה זו',
)

/** A word that a warning begins with, or its tag. */
const alarm = any(
  '^\\W*(?:ext(?:ern(?:al|e|o|es)?)?\\b|caution|warning|attention|notice|alert|important|beware|achtung|vorsicht|warnung|hinweis|avertissement|prudence|atención|advertencia|precaución',
  'aviso|cuidado|attenzione|avviso|atenção|let op|waarschuwing|varning|obs\\b|advarsel|bemærk|huom|varoitus|uwaga|ostrzeżenie|pozor|upozornění|figyelem|atenție|dikkat|uyarı',
  'внимание|предупреждение|осторожно|увага|προσοχή|注意|警告|社外|外部|【|주의|경고|외부|تنبيه|تحذير|זהירות|שים לב|(?:e-?mail|message|mail|sender) from)',
)

/** Microsoft's note about a first-time sender does not call the mail external. */
const stranger = any(
  "^\\W*(?:you (?:don[’']t|do not) often get e-?mail|some people who received this message don[’']t|sie erhalten nicht (?:oft|häufig)|vous n[’'](?:obtenez|recevez) pas souvent",
  'no suele recibir|non si ricevono spesso|u ontvangt niet vaak|você não costuma receber|du får inte ofta|du (?:modtager|får) ikke ofte|nie otrzymujesz często|вы нечасто получаете)',
)

/** Why that note is there. */
const importance = /important|wichtig|belangrijk|viktigt|vigtigt|ważne|важно/iu

/** The writer talks about themselves, or asks. */
const personal =
  /[?？]|(?<!\p{L})(?:I(?:[’']\p{L}+)?|my|ich|mein\p{L}*|j[’']\p{L}+|yo|eu|ik|io|jag|jeg|[Ww]e|[Oo]ur(?! (?:organi|company|network|domain|system|tenant)))(?!\p{L})/u

const sentencesOf = (text: string) => text.split(/(?<=[.!:])\s+|(?<=[。！：])\s*|\s\|\s/u)

const isShort = (text: string) => text.trim().split(/\s+/).length <= 4

/** A warning about a sender from outside, and nothing else: every sentence is about that. */
function isBanner(text: string): boolean {
  if (text.length > longestNotice || personal.test(text)) return false
  const isCareful = (sentence: string) => isShort(sentence) || caution.test(sentence) || mail.test(sentence)
  if (stranger.test(text)) return sentencesOf(text).every((each) => isCareful(each) || importance.test(each))
  if (!(alarm.test(text) || thisMail.test(text)) || !outside.test(text)) return false
  // `[EXTERNAL]` alone, or before the words of the author.
  if (/^\W*\[?ext(?:ern(?:al|e|o|es)?)?(?: (?:e-?mail|sender|message))?\]?\W*$/i.test(text)) return true
  if (!mail.test(text) || !caution.test(text)) return false
  return sentencesOf(text).every((each) => isCareful(each) || outside.test(each))
}

/** A line without a letter or digit, such as those drawn around warnings. */
const isFrame = (line: string) => !/[\p{L}\p{N}>]/u.test(line.slice(0, longestLine))

const joined = (lines: readonly string[]) => lines.map((line) => line.trim()).join(' ')

/** Index after the warning that begins on line `start`: its paragraph, or its first lines; `start` without one. */
function bannerEnd(lines: readonly string[], start: number, isOwn: (at: number) => boolean): number {
  let end = start
  while (end < lines.length && end < start + mostLines && isOwn(end)) end++
  while (end > start && !isBanner(joined(lines.slice(start, end)))) end--
  return end
}

/**
 * Number of lines at the top in which a gateway warns of a sender from outside; 0 if nothing else would be left.
 * @param isOwn recognises lines that are neither blank nor quoted
 */
export function bannerLines(lines: readonly string[], isOwn: (at: number) => boolean): number {
  let end = 0
  for (let at = 0; at < lines.length; ) {
    const next = isFrame(lines[at] ?? '') ? at + 1 : bannerEnd(lines, at, isOwn)
    if (next === at) return end
    if (!isFrame(lines[at] ?? '')) end = next
    else if (end > 0) end = next
    at = next
  }
  return 0
}

const scanner = any(
  'virus|malware|\\bviren|\\bavast\\b|\\bavg\\b|\\beset\\b|nod32|kaspersky|mcafee|norton|sophos|mailscanner|bitdefender|avira|mimecast|proofpoint|вирус|вірус|ウイルス|病毒|바이러스',
)
const scannedBy =
  /^\W*(?:virus|malware|viren|avast|no virus|scanned|checked|protected|certified|outgoing mail|keine viren|sans virus|garanti|sin virus|libre de virus|senza virus|sem v[ií]rus|livre de|virusvri|virusfri|geprüft|без вирусов|不含病毒|ウイルス)/iu

const product =
  /\b(?:avast|avg|eset|kaspersky|mcafee|norton|sophos|mailscanner|bitdefender|avira|mimecast)\b/i
const request = /please|bitte|veuillez|s[’']il vous|\bsvp\b|por favor|per favore|alstublieft|пожалуйста/iu

/** Words of legal footers and of requests not to print; a single one proves nothing. */
const legal = [
  'confiden[tc]i|vertraulich|riservat|vertrouwelijk|konfiden[tc]|fortrolig|luottamuks|poufn|důvěrn|bizalmas|gizli|конфиденц|конфіденц|εμπιστευτ|機密|机密|保密|기밀|سري',
  'intended|addressee|recipient|empfänger|adressat|destinat|geadresseerd|ontvanger|mottagare|modtager|mottaker|vastaanottaj|adresat|odbiorc|příjemc|címzett|alıcı|адресат|получател|одержувач|παραλήπτ|受信者|宛先|收件人|수신',
  'privileged|unauthori|unlawful|strictly|prohibit|unbefugt|untersag|unzulässig|interdit|prohib|vietat|proibid|verboden|förbjud|forbud|zabronion|zakázán|tilos|yasak|запрещ|заборон|禁止|금지',
  'disclaim|liabil|haftung|responsab|aansprake|ansvar|odpowiedzialnoś|odpovědnost|felelőss|sorumlu|ответственност|責任|책임',
  '(?:in|by) error|irrtümlich|par erreur|por error|per errore|por engano|abusievelijk|av misstag|ved en fejl|omyłk|omylem|tévedés|yanlışlıkla|по ошибке|помилков|誤って|错误|착오',
  'delete|destroy|löschen|vernichten|supprim|détrui|elimin|borr|cancell|distrug|apag|vernietig|verwijder|radera|slette|usun|smaz|töröl|silin|удал|видал|削除|删除|삭제',
  'environment|printing|umwelt|ausdruck|ausdrucken|imprimer|imprimir|stampare|ambient|milieu|milj[öø]|drukować|tisknout|nyomtat|yazdır|печат',
  'registered|company (?:no|num|reg)|\\bvat\\b|handelsregister|amtsgericht|\\bhrb\\b|geschäftsführ|registergericht|ust-?id|\\bsiren\\b|\\brcs\\b|capital social|\\bkvk\\b|\\bkrs\\b|\\bregon\\b|p\\.? ?iva',
].map((words) => new RegExp(words, 'iu'))

const footers =
  /^\W*(?:to unsubscribe|unsubscribe|you (?:are receiving|received) this (?:message|e-?mail)|reply to this e-?mail directly|view (?:it|this) (?:on|in|online)|sent via|powered by|delivered by|um sich .{0,40}abzumelden|abmelden|se désabonner|pour se désabonner|darse de baja|para darse|cancellare l|per cancell|uitschrijven|avsluta prenumeration|(?:please )?(?:consider|think (?:of|about)) (?:the|our) environment|(?:think )?before (?:you )?print(?:ing)?\b|(?:bitte )?(?:denken sie|schonen sie|prüfen sie|vor dem ausdrucken).{0,60}(?:umwelt|ausdruck)|(?:pensez|avant d[’']imprimer).{0,60}(?:environnement|imprim)|antes de imprimir|prima di stampare|denk aan het milieu|tänk på miljön|tænk på miljøet)/iu

/** Only a web address, or a piece of one that was wrapped in transit. */
function isUrl(written: string): boolean {
  const line = written.slice(0, longestLine).trim()
  return (
    /^[<([*_]*(?:https?:\/\/|www\.|mailto:|#)\S*$/i.test(line) ||
    (/^\S{30,}$/.test(line) && /[/=%&#]/.test(line))
  )
}

/** The same, broken over two lines: `<https://...` and `...>`. */
const isBrokenUrl = (first: string, second: string) =>
  /^<https?:\/\/[^\s>]*$/i.test(first.slice(0, longestLine).trim()) &&
  /^[^\s<>]+>$/.test(second.slice(0, longestLine).trim())

/** Which lines hold only a web address, or a rule drawn around one. */
function urlLines(lines: readonly string[]): boolean[] {
  return lines.map(
    (line, at) => isUrl(line) || isFrame(line) || (at > 0 && isBrokenUrl(lines[at - 1] ?? '', line)),
  )
}

/** True if it consists only of web addresses. */
export const isOnlyUrls = (lines: readonly string[]) => urlLines(lines).every((isUrlLine) => isUrlLine)

/**
 * Whether a paragraph below a quotation is a footer: of a scanner, a legal department or a list, or only web addresses.
 */
export function isFooter(lines: readonly string[]): boolean {
  const isLink = urlLines(lines)
  const text = joined(lines.filter((_, at) => !isLink[at]))
    .replace(/<https?:[^\s>]*>/gi, '')
    .trim()
  if (text === '') return true
  if (text.length > longestNotice || personal.test(text)) return false
  if (footers.test(text) || isBanner(text)) return true
  const isScanned =
    scannedBy.test(text) || thisMail.test(text) || (product.test(text) && /virus|вирус/i.test(text))
  if (scanner.test(text) && isScanned && !request.test(text)) return true
  const concepts = legal.filter((words) => words.test(text)).length
  return text.length > 40 && concepts >= 2
}
