/** Courtesies that fit any mail: no promise, no fact, no date. */

export interface Phrases {
  greeting(name: string): string
  received: string
  /** For a complaint. */
  sorry: string
  /** Answer to thanks. */
  welcome: string
  /** The knowledge does not contain the answer. */
  unknown: string
  closing: string
}

const named = (word: string, bare: string) => (name: string) =>
  name === '' ? `${bare},` : `${word} ${name},`

const phrases: Readonly<Record<string, Phrases>> = {
  en: {
    greeting: named('Hello', 'Hello'),
    received: 'Thank you for your message.',
    sorry: 'Thank you for telling us. I am sorry that this has caused you trouble.',
    welcome: 'You are very welcome, and thank you for writing.',
    unknown: 'I cannot answer everything you wrote from what I have at hand; a person needs to look at it.',
    closing: 'Kind regards',
  },
  de: {
    greeting: named('Guten Tag', 'Guten Tag'),
    received: 'vielen Dank für Ihre Nachricht.',
    sorry: 'vielen Dank für Ihre Rückmeldung. Es tut mir leid, dass Sie damit Ärger hatten.',
    welcome: 'sehr gern, und vielen Dank für Ihre Nachricht.',
    unknown:
      'Nicht alles kann ich aus den vorliegenden Unterlagen beantworten; das muss sich ein Mensch ansehen.',
    closing: 'Mit freundlichen Grüßen',
  },
  fr: {
    greeting: named('Bonjour', 'Bonjour'),
    received: 'Merci pour votre message.',
    sorry: 'Merci de nous avoir prévenus. Je suis désolé que vous ayez rencontré ce problème.',
    welcome: 'Je vous en prie, et merci pour votre message.',
    unknown:
      'Je ne peux pas répondre à tout avec les informations dont je dispose ; une personne doit s’en occuper.',
    closing: 'Cordialement',
  },
  es: {
    greeting: named('Hola,', 'Hola'),
    received: 'Gracias por su mensaje.',
    sorry: 'Gracias por avisarnos. Lamento las molestias que esto le ha causado.',
    welcome: 'Con mucho gusto, y gracias por escribirnos.',
    unknown: 'No puedo responder a todo con la información de la que dispongo; debe verlo una persona.',
    closing: 'Un cordial saludo',
  },
  it: {
    greeting: named('Buongiorno', 'Buongiorno'),
    received: 'Grazie per il suo messaggio.',
    sorry: 'Grazie per averci avvisato. Mi dispiace per il disagio.',
    welcome: 'Si figuri, e grazie per averci scritto.',
    unknown: 'Non posso rispondere a tutto con le informazioni che ho; deve occuparsene una persona.',
    closing: 'Cordiali saluti',
  },
  ja: {
    greeting: (name) => (name === '' ? 'お客様' : `${name} 様`),
    received: 'お問い合わせいただきありがとうございます。',
    sorry: 'ご連絡いただきありがとうございます。ご不便をおかけし、申し訳ございません。',
    welcome: 'こちらこそ、ご連絡いただきありがとうございました。',
    unknown: '手元の資料だけではお答えできない点がございます。担当者による確認が必要です。',
    closing: 'よろしくお願いいたします。',
  },
}

/** Phrases for a BCP 47 tag; English for languages that the stand-in does not write. */
export function phrasesOf(language: string): { language: string; phrases: Phrases } {
  const known = phrases[language]
  return known ? { language, phrases: known } : { language: 'en', phrases: phrases.en as Phrases }
}
