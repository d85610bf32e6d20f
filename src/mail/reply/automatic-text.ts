/**
 * What an automatic reply says about itself, in its own language: that an AI system wrote and sent it, and for whom
 * (Regulation (EU) 2024/1689, Article 50), and how to reach a person. `{owner}` is placed where its language does not
 * inflect it. The word HUMAN is the same everywhere, because replyd looks for it.
 */
export const automaticText: Readonly<Record<string, readonly [disclosure: string, human: string]>> = {
  en: ['Written and sent by an AI system on behalf of {owner}.', 'Reply HUMAN to reach a person.'],
  de: [
    'Verfasst und gesendet von einem KI-System im Auftrag von {owner}.',
    'Antworten Sie mit HUMAN, um einen Menschen zu erreichen.',
  ],
  fr: [
    'Rédigé et envoyé par un système d’IA pour le compte de {owner}.',
    'Répondez HUMAN pour joindre une personne.',
  ],
  es: [
    'Redactado y enviado por un sistema de IA en nombre de {owner}.',
    'Responda HUMAN para hablar con una persona.',
  ],
  it: [
    'Scritto e inviato da un sistema di IA per conto di {owner}.',
    'Risponda HUMAN per parlare con una persona.',
  ],
  pt: [
    'Escrito e enviado por um sistema de IA em nome de {owner}.',
    'Responda HUMAN para falar com uma pessoa.',
  ],
  nl: [
    'Geschreven en verzonden door een AI-systeem namens {owner}.',
    'Antwoord HUMAN om een mens te bereiken.',
  ],
  sv: ['Skrivet och skickat av ett AI-system på uppdrag av {owner}.', 'Svara HUMAN för att nå en person.'],
  da: ['Skrevet og sendt af et AI-system på vegne af {owner}.', 'Svar HUMAN for at få fat i en person.'],
  nb: ['Skrevet og sendt av et KI-system på vegne av {owner}.', 'Svar HUMAN for å nå en person.'],
  fi: [
    'Tekoälyjärjestelmän kirjoittama ja lähettämä. Toimeksiantaja: {owner}.',
    'Vastaa HUMAN, niin saat yhteyden ihmiseen.',
  ],
  et: [
    'Selle vastuse kirjutas ja saatis tehisintellekt. Kelle nimel: {owner}.',
    'Inimesega ühenduse saamiseks vastake HUMAN.',
  ],
  lv: [
    'Šo atbildi uzrakstīja un nosūtīja MI sistēma. Kā vārdā: {owner}.',
    'Lai sazinātos ar cilvēku, atbildiet HUMAN.',
  ],
  lt: [
    'Šį atsakymą parašė ir išsiuntė DI sistema. Kieno vardu: {owner}.',
    'Norėdami susisiekti su žmogumi, atsakykite HUMAN.',
  ],
  pl: [
    'Napisane i wysłane przez system sztucznej inteligencji. W imieniu: {owner}.',
    'Odpowiedz HUMAN, aby skontaktować się z człowiekiem.',
  ],
  cs: [
    'Tuto odpověď napsal a odeslal systém umělé inteligence. Jménem: {owner}.',
    'Odpovězte HUMAN a ozve se vám člověk.',
  ],
  sk: [
    'Túto odpoveď napísal a odoslal systém umelej inteligencie. V mene: {owner}.',
    'Odpovedzte HUMAN a ozve sa vám človek.',
  ],
  sl: [
    'Ta odgovor je napisal in poslal sistem umetne inteligence. V imenu: {owner}.',
    'Za pogovor s človekom odgovorite HUMAN.',
  ],
  hr: [
    'Ovaj je odgovor napisao i poslao sustav umjetne inteligencije. U ime: {owner}.',
    'Odgovorite HUMAN ako želite razgovarati s osobom.',
  ],
  bg: [
    'Този отговор е написан и изпратен от система с изкуствен интелект. От името на: {owner}.',
    'Отговорете HUMAN, за да се свържете с човек.',
  ],
  ro: [
    'Scris și trimis de un sistem de inteligență artificială în numele: {owner}.',
    'Răspundeți HUMAN pentru a vorbi cu o persoană.',
  ],
  hu: [
    'Ezt a választ egy MI-rendszer írta és küldte. Kinek a nevében: {owner}.',
    'Ha emberrel szeretne beszélni, válaszoljon így: HUMAN.',
  ],
  tr: [
    '{owner} adına bir yapay zekâ sistemi tarafından yazılıp gönderildi.',
    'Bir insana ulaşmak için HUMAN yazıp yanıtlayın.',
  ],
  el: [
    'Γράφτηκε και στάλθηκε από σύστημα τεχνητής νοημοσύνης. Για λογαριασμό: {owner}.',
    'Απαντήστε HUMAN για να επικοινωνήσετε με έναν άνθρωπο.',
  ],
  ga: [
    'Scríofa agus seolta ag córas intleachta saorga thar ceann {owner}.',
    'Freagair HUMAN chun teagmháil a dhéanamh le duine.',
  ],
  mt: ['Miktub u mibgħut minn sistema tal-IA f’isem {owner}.', 'Wieġeb HUMAN biex tikkuntattja lil persuna.'],
  ru: [
    'Этот ответ написан и отправлен системой искусственного интеллекта. От имени: {owner}.',
    'Ответьте HUMAN, чтобы связаться с человеком.',
  ],
  uk: [
    'Цю відповідь написала й надіслала система штучного інтелекту. Від імені: {owner}.',
    'Напишіть у відповідь HUMAN, щоб звернутися до людини.',
  ],
  id: ['Ditulis dan dikirim oleh sistem AI atas nama {owner}.', 'Balas HUMAN untuk menghubungi petugas.'],
  vi: [
    'Được viết và gửi bởi một hệ thống AI thay mặt cho {owner}.',
    'Hãy trả lời HUMAN để liên hệ với một người.',
  ],
  ja: [
    'この返信は {owner} に代わって AI システムが作成・送信しました。',
    '担当者との連絡をご希望の場合は HUMAN と返信してください。',
  ],
  zh: ['本回复由 AI 系统代表 {owner} 撰写并发送。', '如需人工服务，请回复 HUMAN。'],
  ko: [
    'AI 시스템이 작성하여 발송한 답장입니다. 의뢰인: {owner}.',
    '담당자와 연락하시려면 HUMAN이라고 회신해 주세요.',
  ],
  ar: [
    'كتب هذا الرد وأرسله نظام ذكاء اصطناعي نيابة عن {owner}.',
    'للتواصل مع شخص، أرسل HUMAN ردًا على هذه الرسالة.',
  ],
  he: ['נכתב ונשלח על ידי מערכת בינה מלאכותית מטעם {owner}.', 'כדי לפנות לאדם, השיבו HUMAN.'],
}
