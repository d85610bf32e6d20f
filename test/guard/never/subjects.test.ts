/**
 * Mail recognised only by its subject: responders in all languages, behind the tags of gateways, receipts, suspected
 * spam, reactions.
 */
import { describe, expect, test } from '@jest/globals'
import { letter, letterOf, textPart, verdict } from '../letter.ts'
import { check } from '../rows.ts'

const thread = 'In-Reply-To: <m@harbor.example>'

describe('automatic reply, as Outlook says it', () => {
  const phrases = [
    ...['Automatický odpoveď', 'Automatische Rückmeldung'].map((phrase) => [phrase, 'may ok'] as const),
    ...[
      'Automatická odpoveď',
      'Automatikus válasz',
      'Răspuns automat',
      'Automatski odgovor',
      'Samodejni odgovor',
      'Автоматичен отговор',
      'Автоматична відповідь',
      'Αυτόματη απάντηση',
      'Otomatik yanıt',
      'Otomatik Yanıt',
      'Automaatvastus',
      'Automātiskā atbilde',
      'Automātiska atbilde',
      'Ikke til stede',
      'Automatinis atsakymas',
      'Balasan otomatis',
      'Trả lời tự động',
      'תשובה אוטומטית',
      'رد تلقائي',
      'پاسخ خودکار',
      'ตอบกลับอัตโนมัติ',
      '自动答复',
      '자동 회신',
      'Erantzun automatikoa',
      'Sjálfvirkt svar',
      'Abwesenheitsnachricht',
      'Message d’absence',
      'Fuera de oficina',
      'Afwezigheidsmelding',
      'Mimo kancelář',
      'Ofis dışında',
      '不在通知',
    ].map((phrase) => [phrase, 'never auto-reply-subject'] as const),
  ]
  test.each(phrases)('%s in a thread gives %s', (phrase, expected) => {
    expect(verdict(letter([`Subject: ${phrase}: Gravel`, thread]))).toBe(expected)
  })
})

describe('automatic confirmations and mails of forms', () => {
  check([
    ...[
      'Automatische Eingangsbestätigung: Gravel',
      'Automatische Empfangsbestätigung',
      'Automatic acknowledgement: Gravel',
      'Accusé de réception automatique : gravier',
      'Acuse de recibo automático: grava',
      'Conferma di ricezione automatica',
      'Automatische ontvangstbevestiging: grind',
      'Acuse de recibo automático Re: grava',
      '【自動送信】お問い合わせを受け付けました',
      '【自動配信】砂利について',
      '【自動返信メール】お問い合わせを受け付けました',
      '自動返信メール',
      '自動応答メッセージ：砂利',
      '（自動返信）お問い合わせありがとうございます',
      '(自動返信)お問い合わせ',
      '[EXT] 【自動送信】砂利',
    ].flatMap((subject) => [
      [[`Subject: ${subject}`, thread], 'never auto-reply-subject'] as const,
      [`Subject: ${subject}`, 'draft auto-reply-subject'] as const,
    ]),
    // At the end people also write it: no automatic reply, but the mail is not lost.
    ...['お問い合わせありがとうございます(自動返信)', 'We have your question [automatic reply]'].flatMap(
      (subject) => [
        [[`Subject: ${subject}`, thread], 'draft auto-reply-subject'] as const,
        [`Subject: ${subject}`, 'draft auto-reply-subject'] as const,
      ],
    ),
    // A customer who answers the automatic reply of the owner.
    [['Subject: Re: お問い合わせありがとうございます(自動返信)', thread], 'may ok'],
    [['Subject: Re: 【自動返信】砂利', thread], 'may ok'],
    [['Subject: Fwd: Your question (automatic reply)', thread], 'may ok'],
    [['Subject: 自動返信メールが届きません', thread], 'may ok'],
    [['Subject: 【自動返信の設定】砂利', thread], 'may ok'],
    [['Subject: Acuse de recibo automático no llega', thread], 'may ok'],
    [['Subject: Eingangsbestätigung zu Gravel?', thread], 'may ok'],
  ])
})

describe('behind the tags of gateways', () => {
  check([
    [['Subject: [EXTERN] Automatische Antwort: Gravel', thread], 'never auto-reply-subject'],
    [['Subject: [EXT] [list] Out of Office: Gravel', thread], 'never auto-reply-subject'],
    [['Subject: {External} Automatic reply: Gravel', thread], 'never auto-reply-subject'],
    [['Subject: EXTERNAL: Automatic reply: Gravel', thread], 'never auto-reply-subject'],
    [['Subject: **EXTERNAL** Réponse automatique : Gravel', thread], 'never auto-reply-subject'],
    [['Subject: *EXTERNAL* Automatic reply: Gravel', thread], 'never auto-reply-subject'],
    [['Subject: 【自動返信】 Gravel', thread], 'never auto-reply-subject'],
    [['Subject: [Auto-Reply] Gravel', thread], 'never auto-reply-subject'],
    ['Subject: [Auto-Reply] does not work', 'draft auto-reply-subject'],
    [['Subject: [Auto-Reply settings] Gravel', thread], 'may ok'],
    [['Subject: Re: [Auto-Reply] Gravel', thread], 'may ok'],
    [['Subject: *EXTRA* Automatic reply: Gravel', thread], 'may ok'],
    [['Subject: 【Gravel】 automatic reply needed', thread], 'may ok'],
    [['Subject: (EXT) Jane Doe is out of the office', thread], 'never auto-reply-subject'],
    [['Subject: [EXTERN] Re: Automatic reply: Gravel', thread], 'may ok'],
    [['Subject: [EXTERN] Gravel', thread], 'may ok'],
    [['Subject: Extra: Automatic reply: Gravel', thread], 'may ok'],
    [['Subject: [EXTERN] Automatic replyings: x', thread], 'may ok'],
    [['From: postmaster@x.example', 'Subject: [EXTERN] Undeliverable: Gravel'], 'never dsn'],
  ])
})

describe('words of absence that people also use only prevent automatic sending', () => {
  check([
    [['Subject: Abwesenheit: Re: Gravel', thread], 'draft auto-reply-subject'],
    [['Subject: Urlaub', thread], 'draft auto-reply-subject'],
    [['Subject: Absence : Gravel', thread], 'draft auto-reply-subject'],
    [['Subject: Vacation: Gravel', thread], 'draft auto-reply-subject'],
    [['Subject: Vacaciones Re: grava', thread], 'draft auto-reply-subject'],
    [['Subject: Urlaub AW: Kies', thread], 'draft auto-reply-subject'],
    [['Subject: Vacaciones en agosto', thread], 'may ok'],
    ['Subject: Abwesenheit: wer vertritt?', 'may ok'],
    [['Subject: Abwesenheit im Juli', thread], 'may ok'],
    [['Subject: Vacation home: price?', thread], 'may ok'],
  ])
})

describe('receipt', () => {
  check([
    [['Subject: Read: Offer 4711', thread], 'draft receipt'],
    [['Subject: Gelesen: Angebot', thread], 'draft receipt'],
    [['Subject: [EXT] Lu : Offre', thread], 'draft receipt'],
    [['Subject: 已读: 报价', thread], 'draft receipt'],
    [['Subject: Okundu: Teklif', thread], 'draft receipt'],
    [['Subject: Not read: Offer', thread], 'draft receipt'],
    ['Subject: Return Receipt (displayed) - Offer', 'draft receipt'],
    ['Subject: Lesebestätigung: Angebot', 'draft receipt'],
    [['Subject: Recall: Offer 4711', thread], 'draft receipt'],
    [['Subject: Rückruf: Angebot', thread], 'draft receipt'],
    ['Subject: Nachrichtenrückruf: Angebot', 'draft receipt'],
    // Requests of customers: to call back, to collect, to cancel; a reminder, a review.
    ['Subject: Rappel : commande 4711 toujours pas livrée', 'may ok'],
    ['Subject: Rückruf: Frage zu meinem Termin', 'may ok'],
    ['Subject: Retirar: pedido 4711', 'may ok'],
    ['Subject: Recall: is my bike affected?', 'may ok'],
    ['Subject: 取り消し：注文4711', 'may ok'],
    ['Subject: Отзыв: заказ 4711', 'may ok'],
    ['Subject: Message Recall Failure: Offer', 'draft receipt'],
    ['Subject: Read: the new price list', 'may ok'],
    [['Subject: Re: Read: Offer', thread], 'may ok'],
    [['Subject: Reading: list', thread], 'may ok'],
    [['Subject: Read this: Offer', thread], 'may ok'],
    ['Subject: Recalls of model 7', 'may ok'],
  ])
  test.each([
    ['Recall: Offer', 'Jonas Ek would like to recall the message, "Offer".'],
    ['Rückruf: Angebot', 'Jonas Ek möchte die Nachricht "Angebot" zurückrufen.'],
    ['Rappel : offre', 'Jonas Ek souhaite rappeler le message « offre ».'],
    ['Retirar: oferta', 'Jonas Ek desea retirar el mensaje "oferta".'],
    ['Richiamo: offerta', 'Jonas Ek desidera richiamare il messaggio "offerta".'],
    ['Intrekken: offerte', 'Jonas Ek wil het bericht offerte intrekken.'],
    ['取り消し: 見積', 'Jonas Ek さんがメッセージ "見積" を取り消そうとしています。'],
  ])('%s: an attempt to recall a mail says so', (subject, body) => {
    const fields = [`Subject: ${subject}`, 'Content-Type: text/plain; charset=utf-8']
    expect(verdict(letter(fields, `${body}\r\n`))).toBe('draft receipt')
  })
  test('without a thread its sentence has to say so', () => {
    const body = 'Your message\r\n\r\n   To: Jonas\r\n\r\n was read on Wednesday, 25 November 2026.\r\n'
    expect(verdict(letter(['Subject: Read: Offer'], body))).toBe('draft receipt')
  })
})

describe('spam-suspected', () => {
  check([
    ['Subject: [SUSPECTED SPAM] Gravel', 'draft spam-suspected'],
    ['Subject: Suspected spam: Gravel', 'draft spam-suspected'],
    ['Subject: Possible junk mail: Gravel', 'draft spam-suspected'],
    ['Subject: Spam: a question about your filter', 'may ok'],
    ['Subject: Suspected fraudster: whom do I ask?', 'may ok'],
    ['Subject: ***SUSPECTED SPAM*** Gravel', 'draft spam-suspected'],
    ['Subject: [EXT] [Possible Spam] Gravel', 'draft spam-suspected'],
    ['Subject: [PHISHING?] Gravel', 'draft spam-suspected'],
    ['Subject: SPAM: Gravel', 'draft spam-suspected'],
    ['Subject: [SPAM] Gravel', 'never spam-flagged'],
    ['Subject: [Spam report] Gravel', 'may ok'],
    ['Subject: Spam: how do I stop it?', 'may ok'],
    ['Subject: [Bulk order] Gravel', 'may ok'],
    ['Subject: Re: [SUSPECTED SPAM] Gravel', 'may ok'],
  ])
})

describe('reaction', () => {
  const reaction = 'Content-Type: text/vnd.google.email-reaction+json\n\n{"version":1,"emoji":"x"}'
  test.each([
    [[textPart, reaction], 'never reaction'],
    [['Content-Type: text/plain\nContent-Disposition: reaction\n\n+1'], 'never reaction'],
    [['Content-Type: text/plain; charset=utf-8\n\n👍\n\nAnn reacted via Gmail\n'], 'never reaction'],
    [['Content-Type: text/plain; charset=utf-8\n\n🎉\n\nAnn hat über Gmail reagiert\n'], 'never reaction'],
    [['Content-Type: text/plain; charset=utf-8\n\nAnn Berg reacted to your message:\n'], 'never reaction'],
    [['Content-Type: text/plain; charset=utf-8\n\n👍\n\nWhen will it come?\n'], 'may ok'],
    [['Content-Type: text/plain; charset=utf-8\n\n5\n\nThe Gmail account is wrong.\n'], 'may ok'],
    [['Content-Type: application/json\nContent-Disposition: attachment\n\n{}', textPart], 'may ok'],
  ])('%j gives %s', (parts, expected) => {
    expect(verdict(letterOf('multipart/alternative', parts))).toBe(expected)
  })
})

describe('calendars that name their method only in their text', () => {
  const calendar = (type: string, lines: string) => [
    textPart,
    `Content-Type: ${type}\n\nBEGIN:VCALENDAR\n${lines}\nEND:VCALENDAR`,
  ]
  test.each([
    ['text/calendar', 'VERSION:2.0\nMETHOD:REPLY\nBEGIN:VEVENT\nEND:VEVENT', 'never calendar'],
    ['application/ics; name="invite.ics"', 'METHOD:CANCEL', 'never calendar'],
    ['text/calendar', 'method:request', 'draft calendar'],
    ['application/octet-stream; name="invite.ics"', 'METHOD:REQUEST', 'draft calendar'],
    ['text/calendar', 'VERSION:2.0\nBEGIN:VEVENT\nMETHOD:REPLY\nEND:VEVENT', 'may ok'],
    ['text/calendar', 'X-METHOD:REPLY', 'may ok'],
    ['text/plain; name="invite.ics"', 'METHOD:REPLY', 'may ok'],
    ['text/calendar\nContent-Disposition: attachment', 'METHOD:PUBLISH', 'may ok'],
    ['text/calendar\nContent-Disposition: attachment', 'METHOD:REQUEST', 'draft calendar'],
    ['text/calendar; method=REQUEST', 'METHOD:REPLY', 'draft calendar'],
  ])('%s with %j gives %s', (type, lines, expected) => {
    expect(verdict(letterOf('multipart/mixed', calendar(type, lines)))).toBe(expected)
  })
  test('also when it is transferred in base64', () => {
    const octets = Buffer.from('BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR').toString('base64')
    const part = `Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n${octets}`
    expect(verdict(letterOf('multipart/mixed', [textPart, part]))).toBe('never calendar')
  })
})
