import { expect, test } from '@jest/globals'
import { splitText } from '../../../src/mail/text/visible.ts'

const own = 'Lorem ipsum dolor.\nSit amet, consectetur?'

/** Introductions of quoted mail as mail programs write them, by language. */
const attributions: Record<string, string[]> = {
  en: [
    'On Tue, May 3, 2022 at 4:05 PM Ann Lee <ann@example.com> wrote:',
    'On 03/05/2022 16:05, Ann Lee wrote:',
    'On May 3, 2022, at 16:05, Ann Lee <ann@example.com> wrote:',
    'On Tuesday, May 3, 2022 at 4:05:06 p.m. EDT, Ann Lee\n<ann@example.com> wrote:',
    'Ann Lee <ann@example.com> writes:',
    'Quoting Ann Lee <ann@example.com> (2022-05-03 16:05:00):',
    '---- On Tue, 03 May 2022 16:05:06 +0200 Ann Lee <ann@example.com> wrote ----',
    '------- Original Message -------\nOn Tuesday, May 3rd, 2022 at 4:05 PM, Ann Lee <ann@example.com> wrote:',
  ],
  de: [
    'Am Di., 3. Mai 2022 um 16:05 Uhr schrieb Ann Lee <ann@example.com>:',
    'Am 03.05.2022 um 16:05 schrieb Ann Lee:',
    'Am 03.05.22 um 16:05 schrieb Ann\nLee <ann@example.com>:',
    'Ann Lee <ann@example.com> schrieb am Di., 3. Mai 2022, 16:05:',
    'Gesendet: Dienstag, 03. Mai 2022 um 16:05 Uhr\nVon: "Ann Lee" <ann@example.com>\nAn: bob@example.com\nBetreff: Frage',
  ],
  fr: [
    'Le mar. 3 mai 2022 à 16:05, Ann Lee <ann@example.com> a écrit :',
    'Le 03/05/2022 à 16:05, Ann Lee a écrit :',
    'Le mardi 3 mai 2022 à 16:05:06 UTC+2, Ann Lee <ann@example.com>\na écrit :',
    'Ann Lee <ann@example.com> a écrit\u00a0:',
  ],
  es: [
    'El mar, 3 may 2022 a las 16:05, Ann Lee (<ann@example.com>) escribió:',
    'El 3/5/22 a las 16:05, Ann Lee escribió:',
    'El martes, 3 de mayo de 2022, Ann Lee <ann@example.com> escribió:',
  ],
  it: [
    'Il giorno mar 3 mag 2022 alle ore 16:05 Ann Lee <ann@example.com> ha scritto:',
    'Il 03/05/2022 16:05, Ann Lee ha scritto:',
    'Il mar 3 mag 2022, 16:05 Ann Lee <ann@example.com>\nha scritto:',
  ],
  pt: [
    'Em ter., 3 de mai. de 2022 às 16:05, Ann Lee <ann@example.com> escreveu:',
    'Em 03/05/2022 16:05, Ann Lee escreveu:',
    'Ann Lee <ann@example.com> escreveu no dia terça, 3/05/2022 à(s) 16:05:',
  ],
  nl: [
    'Op di 3 mei 2022 om 16:05 schreef Ann Lee <ann@example.com>:',
    'Op 03-05-2022 om 16:05 schreef Ann Lee:',
    'Op 3 mei 2022 om 16:05 heeft Ann Lee <ann@example.com> het volgende geschreven:',
  ],
  sv: [
    'Den tis 3 maj 2022 kl 16:05 skrev Ann Lee <ann@example.com>:',
    'Den 2022-05-03 kl. 16:05, skrev Ann Lee:',
    '3 maj 2022 kl. 16:05 skrev Ann Lee <ann@example.com>:',
  ],
  da: [
    'Den tir. 3. maj 2022 kl. 16.05 skrev Ann Lee <ann@example.com>:',
    'Den 3. maj 2022 kl. 16.05 skrev Ann Lee <ann@example.com>:',
  ],
  no: ['tir. 3. mai 2022 kl. 16:05 skrev Ann Lee <ann@example.com>:', 'Den 03.05.2022 16:05, skrev Ann Lee:'],
  fi: [
    'ti 3. toukok. 2022 klo 16.05 Ann Lee (ann@example.com) kirjoitti:',
    'Ann Lee <ann@example.com> kirjoitti 3.5.2022 kello 16.05:',
    'Ann Lee kirjoitti 3.5.2022 klo 16.05:',
  ],
  pl: [
    'wt., 3 maj 2022 o 16:05 Ann Lee <ann@example.com> napisał(a):',
    'W dniu 03.05.2022 o 16:05, Ann Lee pisze:',
    'Dnia 3 maja 2022 16:05 Ann Lee <ann@example.com> napisał(a):',
    'wt., 3.05.2022, 16:05 użytkownik Ann Lee <ann@example.com>\nnapisał:',
  ],
  cs: [
    'út 3. 5. 2022 v 16:05 odesílatel Ann Lee <ann@example.com> napsal:',
    'Dne 03. 05. 22 v 16:05 Ann Lee napsal(a):',
  ],
  sk: ['ut 3. 5. 2022 o 16:05 Ann Lee <ann@example.com> napísal(a):'],
  ru: [
    'вт, 3 мая 2022 г. в 16:05, Ann Lee <ann@example.com>:',
    '03.05.2022 16:05, Ann Lee пишет:',
    'Вторник, 3 мая 2022, 16:05 +03:00 от Ann Lee <ann@example.com>:',
    '3 мая 2022 г., в 16:05, Ann Lee <ann@example.com> написал(а):',
  ],
  uk: ['вт, 3 трав. 2022 р. о 16:05 Ann Lee <ann@example.com> пише:'],
  zh: [
    'Ann Lee <ann@example.com> 于2022年5月3日周二 16:05写道：',
    '在 2022/5/3 16:05, Ann Lee 写道:',
    '在2022年05月03日 16:05，Ann Lee<ann@example.com> 写道：',
    'Ann Lee <ann@example.com> 於 2022年5月3日 週二 下午4:05寫道：',
  ],
  ja: [
    '2022年5月3日(火) 16:05 Ann Lee <ann@example.com>:',
    '2022/05/03 16:05、Ann Lee <ann@example.com>のメール:',
    'On 2022/05/03 16:05, Ann Lee wrote:',
  ],
  ko: ['2022년 5월 3일 (화) 오후 4:05, Ann Lee <ann@example.com>님이 작성:'],
  tr: ['Ann Lee <ann@example.com>, 3 May 2022 Sal, 16:05 tarihinde şunu yazdı:'],
  hu: [
    'Ann Lee <ann@example.com> ezt írta (időpont: 2022. máj. 3., K, 16:05):',
    '2022. 05. 03. 16:05 keltezéssel, Ann Lee írta:',
  ],
  ro: ['În mar., 3 mai 2022 la 16:05, Ann Lee <ann@example.com> a scris:'],
  el: ['Στις Τρί 3 Μαΐ 2022 στις 4:05 μ.μ., ο χρήστης Ann Lee <ann@example.com> έγραψε:'],
  he: [
    '\u200f\u202bבתאריך יום ג׳, 3 במאי 2022 ב-16:05 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.com\u202c\u200f>:\u202c',
  ],
  vi: ['Vào Th 3, 3 thg 5, 2022 vào lúc 16:05 Ann Lee <ann@example.com> đã viết:'],
}

const attributionTable = Object.entries(attributions).flatMap(([language, lines]) =>
  lines.map((line) => [language, line] as const),
)

test.each(attributionTable)('%s: marked quote behind %j is cut', (_, line) => {
  const split = splitText(`${own}\n\n${line}\n\n> Quoted words.\n> More.\n`)
  expect(split.text).toBe(own)
  expect(split.quoted).toContain('Quoted words.')
})

test.each(attributionTable)('%s: unmarked quote behind %j is cut', (_, line) => {
  const split = splitText(`${own}\n\n${line}\n\nQuoted words.\n\nMore.\n`)
  expect(split.text).toBe(own)
  expect(split.quoted).toContain('Quoted words.')
})

/** Header blocks as Outlook and similar programs put them above a quoted mail. */
const blocks: Record<string, string> = {
  en: 'From: Ann Lee <ann@example.com>\nSent: Tuesday, May 3, 2022 4:05 PM\nTo: Bob\nSubject: Question',
  de: 'Von: Ann Lee\nGesendet: Dienstag, 3. Mai 2022 16:05\nAn: Bob\nBetreff: Frage',
  fr: 'De : Ann Lee <ann@example.com>\nEnvoyé : mardi 3 mai 2022 16:05\nÀ : Bob\nObjet : Question',
  es: 'De: Ann Lee <ann@example.com>\nEnviado: martes, 3 de mayo de 2022 16:05\nPara: Bob\nAsunto: Pregunta',
  it: 'Da: Ann Lee\nInviato: martedì 3 maggio 2022 16:05\nA: Bob\nOggetto: Domanda',
  pt: 'De: Ann Lee\nEnviada em: terça-feira, 3 de maio de 2022 16:05\nPara: Bob\nAssunto: Pergunta',
  nl: 'Van: Ann Lee\nVerzonden: dinsdag 3 mei 2022 16:05\nAan: Bob\nOnderwerp: Vraag',
  sv: 'Från: Ann Lee\nSkickat: den 3 maj 2022 16:05\nTill: Bob\nÄmne: Fråga',
  da: 'Fra: Ann Lee\nSendt: 3. maj 2022 16:05\nTil: Bob\nEmne: Spørgsmål',
  no: 'Fra: Ann Lee\nSendt: tirsdag 3. mai 2022 16:05\nTil: Bob\nKopi: Eva\nEmne: Spørsmål',
  fi: 'Lähettäjä: Ann Lee\nLähetetty: tiistai 3. toukokuuta 2022 16:05\nVastaanottaja: Bob\nAihe: Kysymys',
  pl: 'Od: Ann Lee\nWysłano: wtorek, 3 maja 2022 16:05\nDo: Bob\nTemat: Pytanie',
  cs: 'Od: Ann Lee\nOdesláno: úterý 3. května 2022 16:05\nKomu: Bob\nPředmět: Otázka',
  ru: 'От: Ann Lee\nОтправлено: 3 мая 2022 г. 16:05\nКому: Bob\nТема: Вопрос',
  zh: '发件人: Ann Lee\n发送时间: 2022年5月3日 16:05\n收件人: Bob\n主题: 问题',
  ja: '差出人: Ann Lee\n送信日時: 2022年5月3日 16:05\n宛先: Bob\n件名: 質問',
  ko: '보낸 사람: Ann Lee\n보낸 날짜: 2022년 5월 3일\n받는 사람: Bob\n제목: 질문',
  tr: 'Kimden: Ann Lee\nGönderildi: 3 Mayıs 2022 Salı 16:05\nKime: Bob\nKonu: Soru',
  hu: 'Feladó: Ann Lee\nElküldve: 2022. május 3. 16:05\nCímzett: Bob\nTárgy: Kérdés',
  bold: '*From:* Ann Lee [mailto:ann@example.com]\n*Sent:* Tuesday, May 3, 2022 4:05 PM\n*To:* Bob\n*Subject:* Question',
}

test.each(Object.entries(blocks))('%s: mail behind a header block is cut', (_, block) => {
  for (const rule of ['', '________________________________\n', '-----\n']) {
    expect(splitText(`${own}\n\n${rule}${block}\n\nQuoted words.\n`).text).toBe(own)
  }
})

const marks = [
  '-----Original Message-----',
  '-----Ursprüngliche Nachricht-----',
  '-------- Message original --------',
  '-----Mensaje original-----',
  '-----Messaggio originale-----',
  '-----Mensagem original-----',
  '-----Oorspronkelijk bericht-----',
  '-----Ursprungligt meddelande-----',
  '-----Oprindelig meddelelse-----',
  '-----Opprinnelig melding-----',
  '-----Alkuperäinen viesti-----',
  '-----Wiadomość oryginalna-----',
  '-----Původní zpráva-----',
  '-----Исходное сообщение-----',
  '-----邮件原件-----\n发件人: Ann Lee\n主题: 问题\n收件人: Bob',
  '------------------ 原始邮件 ------------------',
  '-----元のメッセージ-----',
  '---------- Forwarded message ---------',
  '-------- Weitergeleitete Nachricht --------',
  '---------- Message transféré ---------',
  'Begin forwarded message:',
  'Anfang der weitergeleiteten Nachricht:',
  'Début du message réexpédié :',
]

test.each(marks)('what stands below %j is cut', (mark) => {
  expect(splitText(`${own}\n\n${mark}\n\nQuoted words.\n`).text).toBe(own)
})

const sentFrom = [
  'Sent from my iPhone',
  'Sent from Outlook for Android<https://aka.ms/ghei36>',
  'Get Outlook for iOS',
  'Sent from my Galaxy S9+, please excuse typos.',
  'Von meinem iPhone gesendet',
  'Gesendet mit der GMX Mail App',
  'Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.',
  'Holen Sie sich Outlook für iOS',
  'Envoyé de mon iPhone',
  'Envoyé depuis mon téléphone Samsung',
  'Télécharger Outlook pour Android',
  'Enviado desde mi iPhone',
  'Obtener Outlook para iOS',
  'Inviato da iPhone',
  'Scarica Outlook per Android',
  'Enviado do meu iPhone',
  'Obter o Outlook para iOS',
  'Verstuurd vanaf mijn iPhone',
  'Verzonden vanaf Samsung-tablet',
  'Outlook voor iOS downloaden',
  'Skickat från min iPhone',
  'Hämta Outlook för iOS',
  'Sendt fra min iPhone',
  'Hent Outlook til iOS',
  'Lähetetty iPhonesta',
  'Hanki Outlook for Android',
  'Wysłane z iPhone’a',
  'Pobierz program Outlook dla systemu iOS',
  'Odesláno z iPhonu',
  'Získat Outlook pro iOS',
  'Отправлено с iPhone',
  'Отправлено из мобильной Яндекс.Почты',
  'Надіслано з iPhone',
  '发自我的 iPhone',
  '從我的 iPhone 傳送',
  'iPhoneから送信',
  '나의 iPhone에서 보냄',
  'iPhone’umdan gönderildi',
  'Trimis de pe iPhone',
  'Elküldve iPhone-ról',
  'Στάλθηκε από το iPhone μου',
  'נשלח מה-iPhone שלי',
]

test.each(sentFrom)('%j is a signature', (line) => {
  const split = splitText(`${own}\n\n${line}\n`)
  expect(split).toEqual({ text: own, quoted: '', signature: line })
})

/** Sentences with a verb of such a line and a device. */
const sentences = [
  'Mit der App kann ich nicht bezahlen.',
  'mit der Telefonnummer erreiche ich niemanden',
  'Von Ihnen kam keine Mail.',
  'Von Android auf iPhone umziehen',
  'Gesendet habe ich das Gerät am Montag',
  'Verschickt habe ich das Handy gestern',
  'Das Handy wurde am Montag an Sie gesendet',
  'Holen Sie bitte das Gerät ab',
  'Get an email receipt for order 4711',
  'Sent you two mails already.',
  'Sent via email on Monday',
  'Sent from my old phone yesterday',
  'Download of the app fails.',
  'Posted the tablet yesterday by Royal Mail',
  'Written mail twice now',
  'Envoyé le téléphone hier.',
  'Obtenir un téléphone neuf',
  'Enviado el móvil ayer por correo',
  'Obtener el teléfono de su tienda',
  'Inviata mail senza risposta',
  'Scarica sempre il telefono',
  'Verstuurd heb ik de telefoon maandag',
  'Download van de app lukt niet',
  'Получил телефон вчера',
  'The video does not play on my iPad.',
  'it crashes on my phone',
  'Please call me on my mobile',
  'I paid from my phone.',
  'From my phone the app crashes.',
  'Sent from my phone because the app crashes',
  'Von Ihnen wurde noch keine E-Mail versendet.',
  'Mit der App wurde kein Foto gesendet.',
  'Diese Mail wurde schon dreimal gesendet!',
  'Dit bericht is al drie keer via mail verzonden.',
  'Download of the app on my iPhone fails.',
  'Outlook for Mac shows an error.',
  'Outlook für Windows zeigt einen Fehler.',
]

test.each(sentences)('%j is a sentence, wherever it stands', (line) => {
  for (const text of [`${own}\n${line}\n\nAnn`, `${own}\n\n${line}`]) expect(splitText(text).text).toBe(text)
})

test('a line of a program ends what the author says, or what they say above a quotation', () => {
  expect(splitText('Sent from my iPhone\nis what it says, and nothing else.').text).toContain('Sent from')
  expect(splitText('Yes.\n\nSent from my iPhone\n\n> One?\n\nAnd no.').text).toBe(
    'Yes.\n\n\n> One?\n\nAnd no.',
  )
  expect(splitText('Yes.\n\nSent from my iPhone\n\n-- \nAnn').text).toBe('Yes.')
  expect(splitText('Hi,\nit does not play on my iPad.\n\nSent from my iPad').text).toBe(
    'Hi,\nit does not play on my iPad.',
  )
})

const prose = [
  'Sent from my desk, is much easier than my phone.',
  'Sent from the warehouse on Monday, the parcel has not arrived at my address yet.',
  'Get Outlook for iOS to work with our server? How?',
  'On Monday I wrote: please cancel the order.',
  'As you wrote: the invoice is due on 12.05.2024.',
  'From: Paris\nTo: London\nDate: 12 May',
  'Name: Ann Lee\nOrder: 4711\nProblem: broken',
  'Envoyé par la poste le 3 mai, pas reçu.',
  'I want to change two things:\n-- the colour\n-- the size',
  'Von meinem Konto wurden 20 Euro abgebucht.',
  'Please write to me at:\n\nAnn Lee\n12 High Street\n+44 20 7946 0000',
  'Part one\n-----\nPart two is longer than part one. It has sentences.\nAnd does it end?',
  'here is what your agent Tom <tom@example.com> wrote on 3 May:\n\nYour order is lost.\n\nWhat now?',
  'This is the second time that Tom <tom@example.com> wrote:\n\nYour order is lost.',
  'The address is <ann@example.com>:\nplease use it from 12.05.2024 on.',
]

test.each(prose)('%j stays', (text) => {
  expect(splitText(`Hello,\n\n${text}\n`).text).toBe(`Hello,\n\n${text}`)
})
