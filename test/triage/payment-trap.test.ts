import { expect, test } from '@jest/globals'
import { isPaymentTrap } from '../../src/triage/verdict.ts'

const iban = 'IE29 AIBK 9311 5212 3456 78'
test.each([
  ['new account', `Please use our new bank account from now on: ${iban}`, true],
  ['changed details', `Our payment details have changed. IBAN ${iban}`, true],
  ['in German', `Unsere Hausbank stellt zum Jahresende um, bitte überweisen Sie auf ${iban}`, true],
  ['in French', `Voici notre nouveau RIB: ${iban}`, true],
  ['in Spanish', `Tenemos una nueva cuenta: ${iban}`, true],
  ['a sort code', 'We have a new bank account. Sort code 12-34-56, account number 12345678', true],
  ['a sort code first', 'Our account has changed: account no 12345678, sort code 12-34-56', true],
  ['an IBAN of no known country', 'New bank details. Our new IBAN: ZZ12 3456 7890 1234', true],
  ['small letters', 'We have a new account, de89 3704 0044 0532 0130 00', true],
  ['a new account and a parcel', 'I have a new account. Where is RR123456789GB?', false],
  ['gift cards', 'Buy five Apple gift cards, scratch them and send me photos of the codes', true],
  ['a refund to the same account', `Please refund to my account ${iban}`, false],
  ['a customer who asks for a voucher', 'Do you sell gift cards? My mother would like one.', false],
  ['a new customer', 'I am a new customer. What does it cost?', false],
  ['a new account without a number', 'We have a new bank account, I will send it by post.', false],
])('%s', (_name, text, expected) => {
  expect(isPaymentTrap(text)).toBe(expected)
})

test.each([
  'Hi, the code on my gift card is not accepted at checkout. What can I do?',
  'Do you sell gift cards? Please send pictures of them.',
  'I would like to buy five gift cards. Please send me the codes by email.',
  'I scratched the field of my gift card too hard and the code is gone. Please send me a new code.',
  'Can you send me the codes of the gift cards from my purchase of 3 May?',
  'Guten Tag, der Code meiner Geschenkkarte funktioniert nicht.',
  'Das Rubbelfeld meiner Geschenkkarte ist beschädigt. Können Sie mir einen neuen Code schicken?',
  'Ich möchte eine Geschenkkarte kaufen. Schicken Sie mir den Code?\n\nDiese Nachricht ist vertraulich.',
  'Bonjour, le code de ma carte cadeau ne marche pas.',
  'Je voudrais acheter une carte cadeau. Pouvez-vous m’envoyer le code par mail ?',
  'J’ai gratté la carte cadeau et le code est illisible. Pouvez-vous me renvoyer le code ?',
  'Quiero comprar una tarjeta regalo. ¿Me envían el código por correo?',
  'Vorrei acquistare una carta regalo. Mi inviate il codice per e-mail?',
  'De code van mijn cadeaubon werkt niet.',
  'Ik wil graag een cadeaubon kopen. Krijg ik de code per mail?',
  'I made a new account (account number 88213) but my old orders are missing.',
  'I made a new account (account number 88213). Can you transfer my old orders to it?',
  'Ich habe ein neues Konto bei Ihnen. Kontonummer 88213. Wo sehe ich die Punkte?',
])('a customer asks: %s', (text) => expect(isPaymentTrap(text)).toBe(false))

test.each([
  'Scratch off the Google Play cards at the store and text me the pins, I will reimburse you.',
  'About the gift cards:\nScratch the cards and send me pictures of the codes.',
  'Kindly purchase 4 Steam cards for our clients. Keep this between us.',
  'I need you to purchase some\nApple gift cards. Send the codes.',
  'Können Sie bitte fünf Amazon-Karten besorgen, freirubbeln und mir Fotos der Codes schicken?',
  'Besorge bitte Geschenkkarten für die Kunden. Ich erstatte es dir heute Abend.',
  'Pouvez-vous acheter cinq cartes cadeaux, gratter et m’envoyer les codes ?',
  '¿Puedes comprar tarjetas de regalo, rascar y enviarme fotos de los códigos?',
  'Puoi comprare delle carte regalo e mandarmi le foto dei codici? Ti rimborso stasera.',
  'Kun je cadeaubonnen kopen en mij foto’s van de codes sturen?',
  'Our account has changed. Please use account no 12345678 from now on.',
  'We have opened a new account. Please use account number 12345678 for this from today.',
  'Wir haben eine neue Kontonummer: 12345678. Bitte künftig diese verwenden.',
  'I have a new account. Please pay to account number 12345678',
  'I need you to run to the store for gift cards. Scratch off and reply with the numbers on the back.',
  'Can you handle a purchase of gift cards for staff? Send the codes to me here.',
  'J’ai besoin que tu achètes 5 cartes cadeaux et m’envoies les codes en photo.',
  'We have a new account. Please pay all invoices to account number 12345678',
  'Please use our new account number 12345678 for future invoices',
  'Our account number has changed to 12345678. Please update your records.',
  'Our payment details have changed. Account number 12345678',
  'Please change my direct deposit to my new account: account number 12345678',
  'Wir haben ein neues Konto. Bitte überweisen Sie künftig auf Kontonummer 12345678',
  'Unser Konto hat sich geändert. Zahlen Sie bitte auf die Kontonummer 12345678',
])('a fraudster asks: %s', (text) => expect(isPaymentTrap(text)).toBe(true))

test.each(['please ', 'gift card send ', 'you buy ', 'pay ', '\n,buy ', 'bitte sie ', 'iban '])(
  '20 KiB of %j are read in time',
  (part) => {
    const text = `gift card, send codes, new account, account number 1, ${part.repeat(3000)}`
    expect(typeof isPaymentTrap(text)).toBe('boolean')
  },
)
