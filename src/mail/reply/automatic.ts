/** The line that discloses an automatic reply, in the reply's language, and how to reach a person. */

/** Disclosure, and how to reach a person; the word HUMAN is the same everywhere, since it is looked for. */
const lines: Readonly<Record<string, readonly [disclosure: string, human: string]>> = {
  en: ['This answer was written and sent automatically.', 'Reply HUMAN to reach a person.'],
  de: [
    'Diese Antwort wurde automatisch verfasst und gesendet.',
    'Antworten Sie mit HUMAN, um einen Menschen zu erreichen.',
  ],
  fr: [
    'Cette réponse a été rédigée et envoyée automatiquement.',
    'Répondez HUMAN pour joindre une personne.',
  ],
  es: [
    'Esta respuesta se ha redactado y enviado automáticamente.',
    'Responda HUMAN para hablar con una persona.',
  ],
  it: [
    'Questa risposta è stata scritta e inviata automaticamente.',
    'Risponda HUMAN per parlare con una persona.',
  ],
  pt: ['Esta resposta foi escrita e enviada automaticamente.', 'Responda HUMAN para falar com uma pessoa.'],
  nl: ['Dit antwoord is automatisch geschreven en verzonden.', 'Antwoord HUMAN om een mens te bereiken.'],
  sv: ['Det här svaret har skrivits och skickats automatiskt.', 'Svara HUMAN för att nå en person.'],
  da: ['Dette svar er skrevet og sendt automatisk.', 'Svar HUMAN for at få fat i en person.'],
  nb: ['Dette svaret er skrevet og sendt automatisk.', 'Svar HUMAN for å nå en person.'],
  fi: [
    'Tämä vastaus on kirjoitettu ja lähetetty automaattisesti.',
    'Vastaa HUMAN, niin saat yhteyden ihmiseen.',
  ],
  pl: [
    'Ta odpowiedź została napisana i wysłana automatycznie.',
    'Odpowiedz HUMAN, aby skontaktować się z człowiekiem.',
  ],
  cs: ['Tato odpověď byla napsána a odeslána automaticky.', 'Odpovězte HUMAN a ozve se vám člověk.'],
  ro: ['Acest răspuns a fost scris și trimis automat.', 'Răspundeți HUMAN pentru a vorbi cu o persoană.'],
  tr: ['Bu yanıt otomatik olarak yazılıp gönderildi.', 'Bir insana ulaşmak için HUMAN yazıp yanıtlayın.'],
  el: [
    'Αυτή η απάντηση γράφτηκε και στάλθηκε αυτόματα.',
    'Απαντήστε HUMAN για να επικοινωνήσετε με έναν άνθρωπο.',
  ],
  ru: ['Этот ответ написан и отправлен автоматически.', 'Ответьте HUMAN, чтобы связаться с человеком.'],
  uk: [
    'Цю відповідь написано й надіслано автоматично.',
    'Напишіть у відповідь HUMAN, щоб звернутися до людини.',
  ],
  id: ['Balasan ini ditulis dan dikirim secara otomatis.', 'Balas HUMAN untuk menghubungi petugas.'],
  vi: ['Thư trả lời này được viết và gửi tự động.', 'Hãy trả lời HUMAN để liên hệ với một người.'],
  ja: [
    'この返信は自動的に作成・送信されました。',
    '担当者との連絡をご希望の場合は HUMAN と返信してください。',
  ],
  zh: ['此回复由系统自动撰写并发送。', '如需人工服务，请回复 HUMAN。'],
  ko: ['이 답장은 자동으로 작성되어 발송되었습니다.', '담당자와 연락하시려면 HUMAN이라고 회신해 주세요.'],
  ar: ['كُتب هذا الرد وأُرسل تلقائيًا.', 'للتواصل مع شخص، أرسل HUMAN ردًا على هذه الرسالة.'],
  he: ['התשובה הזו נכתבה ונשלחה באופן אוטומטי.', 'כדי לפנות לאדם, השיבו HUMAN.'],
}

/** Norwegian has two written forms and a tag for both. */
const sameAs: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb' }

/** The owner's text; null: the defaults above, in the reply's language; empty: none. */
export interface AutomaticWords {
  readonly disclosure: string | null
  readonly humanLine: string | null
}

/**
 * @param language BCP 47; English for one that is not known
 * @returns null when the owner wants neither line
 */
export function automaticLines(words: AutomaticWords, language: string | null): string | null {
  const primary = (language ?? '').toLowerCase().split('-')[0] ?? ''
  const [disclosure, human] = lines[sameAs[primary] ?? primary] ?? lines.en ?? []
  const chosen = [words.disclosure ?? disclosure, words.humanLine ?? human].map((line) => line?.trim())
  return chosen.filter(Boolean).join('\n') || null
}

/**
 * Whether the author wants a person: the first line of their new text is the word that the line above asks for. Any case; quotes,
 * emphasis and a full stop do not count.
 */
export function asksForHuman(newText: string): boolean {
  const first = newText.slice(0, 400).trimStart().split('\n', 1)[0] ?? ''
  return /^[\s"'“”„«»*_>.!-]*human[\s"'“”«»*_.!-]*$/i.test(first.normalize('NFKC'))
}
