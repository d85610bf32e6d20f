/** What a subject says about the program that wrote it (section 3.3). All take the decoded, folded subject. */

const responderPhrases =
  'automatic reply|automatic response|automated reply|automated response|auto[ -]?reply|auto[ -]response|autoresponse|' +
  'out of (?:the )?office(?: auto[ -]?reply)?|ooo|oof|Abwesenheitsnotiz|Automatische Antwort|Abwesenheitsassistent|' +
  'Réponse automatique|Absence du bureau|Respuesta automática|Fuera de la oficina|Risposta automatica|Fuori sede|' +
  'Resposta automática|Automatisch antwoord|Afwezigheidsbericht|Autosvar|Automatiskt svar|Automatisk svar|' +
  'Automaattinen vastaus|Odpowiedź automatyczna|Automatická odpověď|Автоответ|Автоматический ответ|自動応答|自动回复|' +
  '自動回覆'

// The blank before the colon is French typography: Outlook writes "Réponse automatique : x".
const responder = new RegExp(`^(?:${responderPhrases}) ?(?:[:：]|[-‐‑–—] |$)`, 'iu')

// Lotus Notes: "Jane Doe is out of the office.", "AUTO: Jane Doe is out of the office (returning 12.03.2026)".
// A name holds no colon, so that "Re: Jane is out of the office" stays the letter of a person.
const notesForm = /^(?:auto ?[:：] ?)?[^:：]{1,100} is out of the office\.? ?(?:\([^()]*\)|\[[^[\]]*\])?$/iu

/**
 * A subject that only responders write: the phrase, then a colon, a dash or the end. RFC 3834 section 3.1.5 warns
 * against guessing from subjects, so "Out of office next week - who covers?" is no match.
 */
export function isResponderSubject(subject: string): boolean {
  return responder.test(subject) || notesForm.test(subject)
}

/** RFC 3834 section 3.1.5 proposes `Auto:` for responders, but people write about cars, too. */
export function isAutoSubject(subject: string): boolean {
  return /^auto ?[:：]/i.test(subject)
}

const bouncePhrases =
  'undeliverable|undelivered mail|mail delivery (?:failed|failure|system)|delivery status notification|' +
  'delivery (?:failure|failed|has failed)|failure notice|returned mail|mail system error|message not delivered|' +
  'non-?deliver|warning: message .*delayed'
const bounceSubject = new RegExp(`^(?:${bouncePhrases})`, 'i')

/** The subject of a bounce. It proves nothing by itself, only together with postmaster as author. */
export function isBounceSubject(subject: string): boolean {
  return bounceSubject.test(subject)
}

/**
 * The prescribed subject of a DMARC aggregate report (RFC 7489 section 7.2.1.1), its only mark. Some reporters
 * put a tag or the word "DMARC aggregate" in front; a person's "Re:" is no report.
 */
export function isReportSubject(subject: string): boolean {
  return /^(?:\[[^\]]*\] ?)?(?:dmarc )?(?:aggregate )?report domain: ?\S+ submitter: ?\S/i.test(subject)
}

/** A spam filter's mark at the start of the subject (section 8.1). */
export function isSpamSubject(subject: string): boolean {
  return /^(?:\*{2,} ?spam ?\*{2,}|\[(?:\*{2,})?spam(?:\*{2,})?\]|\{spam\?\})/i.test(subject)
}
