/**
 * What a subject reveals about the program that wrote it (section 3.3). All functions take the decoded, folded
 * subject.
 */

/**
 * Tags that gateways and lists put before a subject: `[EXTERN]`, `{External}`, `*EXT*`, `EXTERNAL:`, `【社外】`, `（社外）`.
 * The subject follows them. In single stars only the gateways' own word: `*SPAM*` is a filter's mark.
 */
const leadingTag =
  /^(?:\[[^[\]]{1,60}\]|\{[^{}]{1,40}\}|\([^()]{1,40}\)|<[^<>]{1,40}>|【[^【】]{1,40}】|（[^（）]{1,40}）|\*{2,}[^*]{1,40}\*{2,}|\*ext(?:ern(?:al)?)?\*|ext(?:ern(?:al|e|es|o)?)?(?: e?-?mail| sender| message)? ?[:：|>]+) ?/iu

const mostTags = 4

/** The tags before a subject, and the rest. */
function withoutTags(subject: string): { tags: string[]; rest: string } {
  const tags: string[] = []
  let rest = subject
  for (let tag = leadingTag.exec(rest); tag && tags.length < mostTags; tag = leadingTag.exec(rest)) {
    tags.push(tag[0])
    rest = rest.slice(tag[0].length).trimStart()
  }
  return { tags, rest }
}

// "Automatic reply" in every language of Outlook, Exchange and others.
const automaticReply =
  'automat(?:ic|ed) (?:reply|response)|auto[ -]?reply|auto[ -]response|autoresponse|Automatische (?:Antwort|Rückantwort)|' +
  'Antwort automatisch|Réponse automatique|Respuesta automática|Resposta automà?á?tica|Risposta automatica|' +
  'Automatisch antwoord|Automatisch beantwoord|Autosvar|Automatiskt svar|Automatisk svar|Sjálfvirkt svar|' +
  'Automaattinen vastaus|Odpowiedź automatyczna|Automatyczna odpowiedź|Automatická odpověď|Automatická odpoveď|' +
  'Automatikus válasz|Răspuns automat|Automatski odgovor|Samodejni odgovor|Samodejen odgovor|Аутоматски одговор|' +
  'Автоматски одговор|Автоматичен отговор|Автоответ|Автоматический ответ|Автоматична відповідь|Автовідповідь|' +
  'Аўтаматычны адказ|Автоматты жауап|Automaatvastus|Automaatne vastus|Automātisk[āa] atbilde|Automatinis atsakymas|' +
  'Αυτόματη απάντηση|Otomatik yan[ıi]t|Avtomatik cavab|Erantzun automatikoa|Ateb awtomatig|Freagra uathoibríoch|' +
  'Përgjigje automatike|Outomatiese antwoord|Jibu otomatiki|Awtomatikong tugon|Balasan otomatis|Balasan automatik|' +
  'Trả lời tự động|Phản hồi tự động|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي|پاسخ خودکار|خودکار جواب|' +
  'स्वचालित उत्तर|स्वचालित जवाब|স্বয়ংক্রিয় উত্তর|தானியங்கு பதில்|స్వయంచాలక ప్రత్యుత్తరం|ავტომატური პასუხი|Ինքնաշխատ պատասխան|' +
  'การตอบกลับอัตโนมัติ|ตอบกลับอัตโนมัติ|自動(?:応答|返信|送信|配信)(?:メール|メッセージ)?|自动回复|自动答复|自動回覆|자동 ?회신|자동 ?응답|자동 ?답장|' +
  // Confirmations that say so themselves.
  'automat(?:ic|ed) (?:acknowledge?ment|confirmation)|Automatische (?:Eingangs|Empfangs)bestätigung|' +
  'Accusé de réception automatique|Acuse de recibo automático|Aviso de receção automático|' +
  'Conferma (?:automatica di ricezione|di ricezione automatica)|Automatische ontvangstbevestiging'

const absence =
  'out of (?:the )?office(?: auto[ -]?reply| reply| response)?|ooo|oof|(?:automatic )?vacation (?:reply|response|message)|' +
  'away from (?:(?:the |my )?office|my (?:e-?)?mail)|Abwesenheits(?:notiz|assistent|nachricht|meldung|benachrichtigung|mitteilung|hinweis)|' +
  "Absence du bureau|Absent du bureau|Message d[’']absence|Notification d[’']absence|Fuera de (?:la )?oficina|" +
  "Ausente de la oficina|Mensaje de ausencia|Fuori sede|Fuori ufficio|Assente dall[’']ufficio|Fora do escritório|" +
  'Ausência temporária|Mensagem de ausência|Afwezigheids(?:bericht|melding|assistent)|Niet op kantoor|' +
  'Frånvaromeddelande|Fraværsbesked|Fraværsmelding|Fraværsassistent|Ikke (?:på kontoret|til stede)|Poissaoloilmoitus|Poza biurem|' +
  'Nieobecność w biurze|Mimo kancelář|Mimo kanceláriu|Házon kívül|Irodán kívül|În afara biroului|Извън офиса|' +
  'Вне офиса|Нет на месте|Поза офісом|Εκτός γραφείου|Ofis dışında(?:yım)?|Ofiste değilim|خارج المكتب|מחוץ למשרד|' +
  '不在通知|外出中|不在办公室|外出自动回复|부재중(?: 자동 ?응답)?'

// The space before the colon is French typography: Outlook writes "Réponse automatique : x".
const phraseEnd = ' ?(?:[:：﹕]|[-‐‑–—] |$)'
const responder = new RegExp(`^(?:${automaticReply}|${absence}) ?${phraseEnd}`, 'iu')
const responderTag = new RegExp(`^[【[(（](?:${automaticReply}|${absence})[\\]】)）] ?$`, 'iu')
const lastTag = new RegExp(`[【[(（](?:${automaticReply})[\\]】)）]$`, 'iu')
// "Out of office Re: x": the program puts its phrase before the subject that it answers.
const answered = ' (?:re|aw|antw|sv|vs|fwd?|wg|tr|rv) ?[:：]'
const responderBefore = new RegExp(`^(?:I am |I'm )?(?:${automaticReply}|${absence})${answered}`, 'iu')
// A person answers or forwards what a program wrote: "Re: x (automatic reply)".
const anyPrefix = /^\p{L}{1,12}[^\p{L}:：﹕]{0,12}[:：﹕]/u

// People also begin a subject with such a word, so it only stops sending.
const weakAbsence = new RegExp(
  '^(?:Abwesend|Abwesenheit|Nicht im (?:Büro|Haus)|Urlaub|Urlaubsmeldung|Absence|Absent|En congés?|Ausente|Ausencia|' +
    '(?:De )?vacaciones|Assente|Assenza|In ferie|Ausência|De férias|Afwezig|Afwezigheid|Met vakantie|Frånvarande|Frånvaro|Fravær|' +
    'Fraværende|Poissa|Lomalla|Nieobecność|Nieobecny|Nepřítomnost|Neprítomnosť|Távollét|Absență|Odsutnost|Odsotnost|' +
    'Отсутствие|Відсутність|Απουσία|İzinde|Izinde|不在|休暇|休假|출장|휴가|away|vacation|on (?:vacation|holiday|leave)|' +
    `annual leave|holiday notice|auto)(?:${phraseEnd}|${answered})`,
  'iu',
)

// Lotus Notes: "Jane Doe is out of the office.", "AUTO: Jane Doe is out of the office (returning 12.03.2026)". A name
// contains no colon, so "Re: Jane is out of the office" still counts as a person's mail.
const notesForm = /^(?:auto ?[:：] ?)?[^:：]{1,100} is out of the office\.? ?(?:\([^()]*\)|\[[^[\]]*\])?$/iu

/**
 * A subject that only responders write: the phrase, then a colon, a dash or the end. RFC 3834 section 3.1.5 warns
 * against guessing from subjects, so "Out of office next week - who covers?" does not match.
 */
export function isResponderSubject(subject: string): boolean {
  const { tags, rest } = withoutTags(subject)
  // The phrase may itself be the tag: `【自動返信】x`, `[Auto-Reply] x`.
  if (tags.some((tag) => responderTag.test(tag))) return true
  return responder.test(rest) || responderBefore.test(rest) || notesForm.test(rest)
}

/** Ends with such a tag, as the forms of Japanese sites write: `x(自動返信)`. People do that, too. */
export function endsAsResponder(subject: string): boolean {
  return lastTag.test(subject) && !anyPrefix.test(withoutTags(subject).rest)
}

/** RFC 3834 section 3.1.5 proposes `Auto:` for responders, but people also write about cars and absences. */
export function isAutoSubject(subject: string): boolean {
  return weakAbsence.test(withoutTags(subject).rest)
}

// "Read: x" and "Not read: x" as Outlook writes them.
const outlookReceipt = new RegExp(
  '^(?:read|not read|deleted|gelesen|ungelesen|nicht gelesen|lu|non lu|leído|no leído|letto|non letto|lida|não lida|lido|' +
    'não lido|gelezen|ongelezen|niet gelezen|läst|ej läst|oläst|læst|ikke læst|lest|ikke lest|luettu|lukematta|przeczytano|' +
    'przeczytane|nie przeczytano|přečteno|nepřečteno|prečítané|neprečítané|olvasva|elolvasva|citit|necitit|прочетено|прочитано|' +
    'не прочитано|прочтено|αναγνώστηκε|διαβάστηκε|okundu|okunmadı|נקרא|مقروء|تمت القراءة|loetud|izlasīts|perskaityta|' +
    `pročitano|prebrano|llegit|dibaca|đã đọc|已读|已讀|未读|未讀|開封済み|開封|읽음|읽지 않음|อ่านแล้ว)${phraseEnd.replace('|$', '')}`,
  'iu',
)

// An explicitly named receipt, or a report on the recall of a message.
const namedReceipt = new RegExp(
  '^(?:(?:return|read|delivery) receipts?|message (?:opened|read)|lesebestätigung|empfangsbestätigung|übermittlungsbestätigung|' +
    'accusé de (?:lecture|réception)|confirmation de lecture|confirmación de lectura|acuse de recibo|conferma di lettura|' +
    'ricevuta di ritorno|confirmação de leitura|recibo de leitura|leesbevestiging|ontvangstbevestiging|läskvitto|' +
    'kvittering for læsning|lesebekreftelse|lukukuittaus|potwierdzenie (?:przeczytania|odczytu)|potvrzení o přečtení|' +
    'olvasási visszaigazolás|отчет о прочтении|уведомление о прочтении|okundu bilgisi|開封確認(?:通知)?|已读回执|讀取回條|읽음 확인|' +
    'message recall (?:success|failure|report)|rückrufbericht|nachrichtenrückruf)' +
    ' ?(?:\\([^()]{1,30}\\))? ?(?:[:：﹕]|[-‐‑–—] |$)',
  'iu',
)

// "Recall: x", an attempt to recall a message. Customers begin so, too: to be called back, to collect, to cancel.
const recall = new RegExp(
  '^(?:recall|rückruf|rappel|retirar|recuperar|richiamo|intrekken|återkalla|tilbakekall|tilbagekald|wycofanie|odvolání|отзыв|' +
    `geri çağırma|撤回|回收|取り消し)${phraseEnd}`,
  'iu',
)

/** The sentence of such a receipt: nothing else states when a message was opened. */
const receiptText =
  /(?:^|\s)(?:was|has been|wurde|a été|fue|ha sido|è stato|è stata|foi|werd|is|blev|ble) (?:am .{1,60} |le .{1,60} |op .{1,60} )?(?:read|displayed|opened|deleted without being read|gelesen|angezeigt|lu|affiché|leído|letto|visualizzato|lida|lido|gelezen|läst|læst|lest)\b/iu

/** The sentence of such an attempt. */
const recallText =
  /recall (?:the|this) (?:e-?mail )?message|nachricht.{1,200}zurück(?:zu)?rufen|rappeler (?:le|ce) message|(?:retirar|recuperar) (?:el|este) mensaje|richiamare (?:il|questo) messaggio|bericht.{1,200}intrekken|recolher a mensagem|メッセージ.{1,200}(?:取り消|回収)|撤回.{0,9}(?:邮件|郵件)/iu

/**
 * A notice that a message was read or recalled, without the parts that RFC 8098 requires. "Read: x" alone may be a
 * person's.
 * @param text the text of the message
 */
export function isReceiptSubject(subject: string, inThread: boolean, text: string): boolean {
  const { rest } = withoutTags(subject)
  if (namedReceipt.test(rest)) return true
  const says = (sentence: RegExp) => inThread || sentence.test(text.slice(0, 2000))
  return (outlookReceipt.test(rest) && says(receiptText)) || (recall.test(rest) && says(recallText))
}

const bouncePhrases =
  'undeliverable|undelivered mail|mail delivery (?:failed|failure|system)|delivery status notification|' +
  'delivery (?:failure|failed|has failed)|failure notice|returned mail|mail system error|message not delivered|' +
  'non-?deliver|warning: message .*delayed'
const bounceSubject = new RegExp(`^(?:${bouncePhrases})`, 'i')

/** The subject of a bounce. Proves something only with postmaster as author. */
export function isBounceSubject(subject: string): boolean {
  return bounceSubject.test(subject) || bounceSubject.test(withoutTags(subject).rest)
}

/**
 * The prescribed subject of a DMARC aggregate report (RFC 7489 section 7.2.1.1), its only mark. Some reporters put a
 * tag or the words "DMARC aggregate" in front; a person's "Re:" is not a report.
 */
export function isReportSubject(subject: string): boolean {
  return /^(?:\[[^\]]*\] ?)?(?:dmarc )?(?:aggregate )?report domain: ?\S+ submitter: ?\S/i.test(subject)
}

/** A spam filter's mark at the start of the subject (section 8.1). */
export function isSpamSubject(subject: string): boolean {
  return /^(?:\*{2,} ?spam ?\*{2,}|\[(?:\*{2,})?spam(?:\*{2,})?\]|\{spam\?\})/i.test(subject)
}

const spamWord =
  'spam|junk|bulk|phish(?:ing)?|fraud|scam|spamverdacht|pourriel|спам|垃圾邮件|垃圾郵件|迷惑メール|スパム|스팸'
const hedge =
  'suspected|suspicious|suspect|possibl[ey]|probabl[ey]|potential|likely|maybe|marked as|verdacht auf|mögliche[rs]?|évent\\p{L}*|posible|possibile|sospetto'
const suspectTag = new RegExp(
  `^[^\\p{L}]*(?:(?:${hedge})[ -])*(?:${spamWord})(?:[ -](?:e-?mail|mail|message|suspected|suspect|detected|attempt|verdacht))*[^\\p{L}]*$`,
  'iu',
)

const doubted = new RegExp(`^(?:(?:${hedge}) )+(?:${spamWord})(?: (?:e-?mail|mail|message))?$`, 'iu')

/** An uncertain spam mark: `[SUSPECTED SPAM]`, `{Phish?}`, `SPAM?: x`. */
export function isSuspectedSubject(subject: string): boolean {
  if (isSpamSubject(subject)) return false
  const { tags, rest } = withoutTags(subject)
  // Without brackets only in capitals, or with a doubt: people also write about spam.
  const head = /^([^:：]{4,40})[:：] ?\S/u.exec(rest)?.[1] ?? ''
  const shouted = !/\p{Ll}/u.test(head) && suspectTag.test(head)
  return shouted || doubted.test(head) || tags.some((tag) => suspectTag.test(tag))
}
