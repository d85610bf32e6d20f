import { expect, test } from '@jest/globals'
import { splitText, visibleText } from '../../../src/mail/text/visible.ts'
import { messageOf } from '../messages.ts'

const cases: [string, string, string][] = [
  ['text alone', 'Hello\n\nworld', 'Hello\n\nworld'],
  ['top posting', 'Yes.\n\nOn 3 May 2022, Ann wrote:\n> No?\n> Really?', 'Yes.'],
  ['bottom posting', 'On 3 May 2022, Ann wrote:\n> No?\n> Really?\n\nYes.', 'Yes.'],
  [
    'answers between quoted lines',
    'Hi,\n\nOn 3 May 2022, Ann wrote:\n> One?\n\nYes.\n\n> Two?\n\nNo.\n\n> Bye\n> Ann',
    'Hi,\n\n> One?\n\nYes.\n\n> Two?\n\nNo.',
  ],
  [
    'answers between quoted lines from the first line on',
    'On 3 May 2022, Ann wrote:\n> One?\nYes.\n> Two?\nNo.',
    '> One?\nYes.\n> Two?\nNo.',
  ],
  ['a quote without introduction above the text', '> One?\n\nYes.', '> One?\n\nYes.'],
  ['a quote without introduction below the text', 'Yes.\n\n> One?\n> Two?', 'Yes.'],
  [
    'an introduction without colon',
    'Yes.\n\nAnn <ann@example.com> schreef op di 3 mei 2022 om 10:11\n\n> One?',
    'Yes.',
  ],
  ['initials as quote marks', 'Yes.\n\nJD> One?\nJD> Two?', 'Yes.'],
  ['one prompt is no quote', 'I typed this:\n\nC> dir', 'I typed this:\n\nC> dir'],
  ['a wrapped quote', `Yes.\n\n> ${'word '.repeat(15)}wo\nrd and more\n> end`, 'Yes.'],
  [
    'a forward with words',
    'FYI\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nSubject: x\n\nHello',
    'FYI',
  ],
  [
    'a forward without words',
    '---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nDate: May 3\nSubject: x\n\nHello',
    'Hello',
  ],
  ['nothing but a quote', '> One?\n> Two?', '> One?\n> Two?'],
  [
    'nothing but empty quotes',
    '> On 3 May 2022, Ann <a@example.com> wrote:\n>\n>> On 2 May 2022, Bob <b@example.com> wrote:\n>>',
    '',
  ],
  ['nothing but a signature', 'Sent from my iPhone', 'Sent from my iPhone'],
  ['nothing', '', ''],
  ['blank', ' \n\n ', ''],
  ['a signature', 'Hi\n\n-- \nAnn Lee\nLee Ltd', 'Hi'],
  ['a signature that lost its space', 'Hi\n\n--\nAnn Lee', 'Hi'],
  ['a long dash as signature mark', 'Hi\n\n—\nAnn Lee\nCEO', 'Hi'],
  ['a list footer', `Hi\n\n${'_'.repeat(47)}\nx mailing list\nx@lists.example.com`, 'Hi'],
  ['a signature above the quote', 'Hi\n\n-- \nAnn\n\nOn 3 May 2022, Bob wrote:\n> x', 'Hi'],
  [
    'an answer below signature and quote',
    '-- \nAnn\n\nOn 3 May 2022, Bob wrote:\n> x\n\nYes.',
    '> x\n\nYes.',
  ],
  [
    'a block of name and contact',
    'Call me.\n\nAnn Lee\nHead of Sales\nann@example.com\n+44 20 7946 0000',
    'Call me.',
  ],
  [
    'a farewell above name and contact',
    'Call me.\n\nBest regards,\nAnn Lee\nHead of Sales\n+44 20 7946 0000',
    'Call me.\n\nBest regards,',
  ],
  ['a farewell', 'Call me.\n\nBest regards,\nAnn', 'Call me.\n\nBest regards,\nAnn'],
  ['dashes as list marks', 'Two points:\n-- one\n-- two', 'Two points:\n-- one\n-- two'],
  [
    'a rule between paragraphs',
    'One thing.\n\n---\n\nAnother thing, which is longer. Can you help?',
    'One thing.\n\n---\n\nAnother thing, which is longer. Can you help?',
  ],
  [
    'a divider before much text',
    `One.\n\n--\n${'This is a line of the second part.\n'.repeat(40)}`,
    `One.\n\n--\n${'This is a line of the second part.\n'.repeat(40)}`.trim(),
  ],
  [
    'code with a signature in it',
    "send({\n  signature: '--\\nAnn'\n})\n// Sent from my mailer",
    "send({\n  signature: '--\\nAnn'\n})\n// Sent from my mailer",
  ],
  ['a help desk mark', 'Yes.\n\n##- Please type your reply above this line -##\n\nYour request', 'Yes.'],
  ['CRLF', 'Hi\r\n\r\n> x\r\n', 'Hi'],
]

test.each(cases)('%s', (_, text, visible) => {
  expect(splitText(text).text).toBe(visible)
})

const from = (author: string, ...lines: string[]) =>
  visibleText(
    messageOf(
      `From: ${author}`,
      'To: Shop <shop@harbor.example>',
      'Subject: Re: Order 4711',
      'Content-Type: text/plain; charset=utf-8',
      '',
      ...lines,
    ),
  ).text

const elsewhere = 'Yes please send it to my sister, she is at home all day.'

test.each([
  [
    'of another person',
    'Anna Berg <anna.berg@kunde.example>',
    ['Diane K Littlechurch', '12 Mill Road', 'CB1 2AB Cambridge', '+44 1632 960123'],
    true,
  ],
  [
    'of a relative with the same name',
    'Anna Berg <anna.berg@kunde.example>',
    ['Diane Berg', '12 Mill Road', '+44 1632 960123'],
    true,
  ],
  [
    'of a colleague with an address of the same domain',
    'Anna Berg <anna.berg@kunde.example>',
    ['Jan Holm', 'Lager 3', 'jan.holm@kunde.example'],
    true,
  ],
  [
    'of someone else on a shared provider',
    'Anna Berg <anna.berg@gmail.com>',
    ['Jan Holm', 'Lager 3', 'gmail.com', '+49 30 1234567'],
    true,
  ],
  [
    'of the author',
    'Anna Berg <anna.berg@kunde.example>',
    ['Anna Berg', 'Head of Purchasing', '+49 30 1234567'],
    false,
  ],
  [
    'of the author, family name first',
    '"Berg, Anna" <a.b@kunde.example>',
    ['Anna Berg', 'Purchasing', '+49 30 1234567'],
    false,
  ],
  [
    'of the author, who has one name in the header',
    'Anna <x@kunde.example>',
    ['Anna Berg', 'Purchasing', '+49 30 1234567'],
    false,
  ],
  [
    'of the author, by the local part',
    'anna.berg@kunde.example',
    ['Anna Berg', 'Purchasing', '+49 30 1234567'],
    false,
  ],
  [
    'of the author, by the address',
    'Sales <sales@kunde.example>',
    ['Anna Berg', 'Purchasing', 'sales@kunde.example'],
    false,
  ],
  [
    'of the author’s firm',
    'Anna <sales@kunde.example>',
    ['Kunde Bau GmbH', 'Mill Road', 'www.kunde.example'],
    false,
  ],
] as const)('a block of name and contact %s', (_, author, block, kept) => {
  expect(from(author, elsewhere, '', ...block)).toBe(kept ? [elsewhere, '', ...block].join('\n') : elsewhere)
})

test.each(['Best regards,', 'Mit freundlichen Grüßen', 'Med vänlig hälsning', 'Tot ziens,'])(
  'below %s a block of name and contact is the signature, whatever the header says',
  (farewell) => {
    const block = ['Jan Holm', 'Lager 3', '+44 1632 960123']
    expect(from('Anna Berg <anna.berg@kunde.example>', elsewhere, '', farewell, '', ...block)).toBe(
      `${elsewhere}\n\n${farewell}`,
    )
  },
)

const businessCard = ['Anna Berg', 'Loom GmbH', 'Hauptstraße 5', '10115 Berlin', 'Tel +49 30 1234567']

test.each([
  ['Anna Berg <anna.berg@kunde.example>', [...businessCard, 'anna.berg@kunde.example']],
  ['info@kunde.example', ['--', 'Anna Berg', 'We make your garden green.', 'Tel +49 30 1234567']],
  ['info@kunde.example', ['Sent on my mobile']],
])('a signature of %s without a farewell: %j', (author, lines) => {
  expect(from(author, 'Please send me two.', '', ...lines)).toBe('Please send me two.')
})

test.each([
  ['Neue Straße 5', '10115 Berlin', '030 1234567'],
  ['12 Mill Road', 'Cambridge CB1 2AB', '+44 1632 960123'],
  ['5 Oak Street', 'Springfield, IL 62704', '217-555-0142'],
  ['Kade 3', '1012 AB Amsterdam', 'anna.berg@kunde.example'],
])('without a farewell, the author’s postal address is what the mail is about: %s, %s', (...lines) => {
  const text = ['I have moved.', '', 'Anna Berg', ...lines]
  expect(from('Anna Berg <anna.berg@kunde.example>', ...text)).toBe(text.join('\n'))
  const signed = ['I have moved.', '', 'Best regards,', '', 'Anna Berg', ...lines]
  expect(from('Anna Berg <anna.berg@kunde.example>', ...signed)).toBe('I have moved.\n\nBest regards,')
})

const enclosed = [
  'Neue Anfrage über das Kontaktformular\n\n--------------------\nName: Ann Kunde\nE-Mail: ann@kunde.example\nTelefon: 030 1234567\nNachricht: Ich brauche ein Angebot für 20 Stühle bis Freitag.\n--------------------',
  'Booking request\n===============\nName: Ann Kunde\nPhone: 030 1234567\nArrival: 2027-01-05\nNights: 3\nMessage: Do you have a cot? We arrive late.',
  'Nouveau message\n____________________\nNom : Ann Kunde\nTél. : 01 42 00 00 00\nMessage :\nJe voudrais un devis pour 20 chaises',
  'Nuevo mensaje\n*****************\nNombre: Ann Kunde\nCorreo: ann@kunde.example\nMensaje: Quiero un presupuesto',
  'Nuovo messaggio\n~~~~~~~~~~~~~~~~~\nNome: Ann Kunde\nTelefono: 06 1234 5678\nRichiesta: un preventivo',
  'Nieuw bericht\n--\nNaam: Ann Kunde\nE-mail: ann@kunde.example\nBericht: Graag een offerte',
  '以下の内容でお問い合わせがありました。\n--------------------\n【お名前】山田太郎\n【メール】taro@kunde.example\n【内容】12月20日までに届きますか。\n--------------------',
  'お問い合わせがありました。\n====================\nお名前：山田太郎\n電話：03-1234-5678\n内容：返品の方法を教えてください。\n====================',
  'Hallo,\n\nbitte liefern Sie mir\n---\n3x Artikel 4711\n2x Artikel 4712\n---\nDanke, mit Gruß',
  'Hello, please send me\n--\n3 x blue mug\n2 x red mug\nto 12 High Street, and when will it arrive?',
  'Hello, please send me\n--\n- blue mug 47110815\n- red mug 47110816',
  'Hallo,\nich brauche ein Angebot\n—\n20 Stühle Eiche\n10 Tische',
  'Anfrage\n----------\nRückruf erbeten unter 030 1234567\n----------',
  '注文をお願いします\n----------\n商品A 3個\n商品B 2個\n----------\nよろしくお願いします',
  'Please quote:\n*****\n20 chairs oak\n10 tables, or call 030 1234567\n*****\nand tell me when',
  'Message from the page\n----------\nPlease call me about the two chairs.\n030 1234567',
  'Bonjour\n-----\nPouvez-vous me rappeler ? 01 42 00 00 00\nMerci',
  'Ich nehme auch das blaue.\n--\nAußerdem brauche ich eine Rechnung an meine Firma.',
]

test.each(enclosed)('%j: what stands below a drawn line is the author’s', (text) => {
  for (const author of ['Ann Kunde <ann@kunde.example>', 'Formular <web@shop.example>', 'web@shop.example'])
    expect(from(author, ...text.split('\n')).split('\n')).toEqual(
      text.split('\n').filter((line, at, lines) => at < lines.length - 1 || !/^[-=]{3,}$/.test(line)),
    )
})

test.each([
  ['-- ', 'Ann Kunde', 'Any questions? Call us: 030 1234567', 'Motto: be kind'],
  ['--', 'Ann Kunde', 'T: 030 1234567', 'www.kunde.example'],
  ['--', 'Ann Kunde', 'Manager: Max', 'Are you on our newsletter?'],
  [
    '-----',
    'Ann Kunde',
    'Kunde GmbH',
    'Tel.: 030 1234567',
    'Geschäftsführer: Max Kunde',
    'USt-IdNr.: DE123456789',
  ],
  ['=====', 'Ann Kunde'],
  ['________________', 'info mailing list', 'To unsubscribe, write to info-leave@lists.example.'],
  ['——', 'Ann Kunde', 'Purchasing'],
])('below %j a signature is still one', (...lines) => {
  expect(from('Ann Kunde <ann@kunde.example>', elsewhere, '', ...lines)).toBe(elsewhere)
})

const recipient = ['Erika Vogt', 'Hauptstraße 5', '10115 Berlin', '030 1234567']

test.each([
  ['Guten Tag,', 'bitte schicken Sie den Korb als Geschenk an meine Freundin.'],
  ['Guten Tag,', 'ich habe bestellt.', 'Es geht um Nr. 4711.', 'Bitte an diese Adresse senden.'],
  ['Hello,', 'Please send the basket to my friend instead of me.'],
  ['Hi,', 'please ring this person when the delivery arrives'],
  ['Bonjour Madame,', 'Merci de livrer le panier chez mon amie.'],
  ['Buenas tardes,', 'Envíen la cesta a casa de mi amiga.'],
  ['Goedemiddag,', 'Graag de mand naar mijn vriendin sturen.'],
  ['Buongiorno,', 'Spedite il cesto alla mia amica.'],
  ['Guten Tag,', 'bitte an diese Adresse.', '', 'Mit freundlichen Grüßen', 'Ann Kunde'],
  ['Hello,', 'Please send it to this address.', '', 'Kind regards,', 'Ann'],
  ['Guten Tag,'],
])('below %j an address of somebody else is what the mail is about', (...lines) => {
  for (const author of [
    'Ann Kunde <ann.kunde@web.example>',
    'Ann Kunde <kunde@web.example>',
    'kunde@web.example',
  ])
    for (const name of ['Erika Vogt', 'Erika Kunde']) {
      const text = [
        'Bestellung 4711',
        '',
        ...lines.slice(0, 1),
        '',
        ...lines.slice(1),
        '',
        name,
        ...recipient.slice(1),
      ]
      expect(from(author, ...text.slice(2))).toBe(text.slice(2).join('\n'))
    }
})

test('a particle that two names share does not make them one', () => {
  const block = ['Eva van der Meer', 'Kade 3', '+31 20 1234567']
  const own = 'Anna van der Berg <anna@kunde.example>'
  expect(from(own, elsewhere, '', ...block)).toBe([elsewhere, '', ...block].join('\n'))
  expect(from(own, elsewhere, '', 'Anna van der Berg', ...block.slice(1))).toBe(elsewhere)
})

test.each([['Viele Grüße', 'Jan'], ['Thanks,', 'Jan Holm'], ['Cordialement,']])(
  'below %j a block with the same name is the signature, whatever the header says',
  (...lines) => {
    const block = ['Jan Holm', 'Lager 3', '+44 1632 960123']
    const text = [elsewhere, '', ...lines]
    expect(from('Office <office@kunde.example>', ...text, '', ...block)).toBe(text.join('\n'))
  },
)

test('every line ends up in exactly one part', () => {
  const split = splitText('Yes.\n\n-- \nAnn\n\nOn 3 May 2022, Bob wrote:\n> One?\n> Two?')
  expect(split).toEqual({
    text: 'Yes.',
    quoted: 'On 3 May 2022, Bob wrote:\n> One?\n> Two?',
    signature: '-- \nAnn',
  })
})

const htmlCases: [string, string, string][] = [
  [
    'Gmail',
    '<div dir="ltr">Yes.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Irgendwann schrieb jemand etwas<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">One?</blockquote></div>',
    'Yes.',
  ],
  [
    'Gmail, answers between',
    '<div class="gmail_quote"><div class="gmail_attr">On Tue, May 3, 2022 Ann &lt;a@example.com&gt; wrote:</div><blockquote class="gmail_quote">One?</blockquote><div>Yes.</div><blockquote class="gmail_quote">Two?</blockquote><div>No.</div></div>',
    '> On Tue, May 3, 2022 Ann <a@example.com> wrote:\n\n> One?\n\nYes.\n\n> Two?\n\nNo.',
  ],
  [
    'Gmail, answer below',
    '<div class="gmail_quote"><div class="gmail_attr">On Tue, May 3, 2022 Ann &lt;a@example.com&gt; wrote:</div><blockquote class="gmail_quote">One?</blockquote></div><div>Yes.</div>',
    'Yes.',
  ],
  ['Gmail signature', '<div>Yes.</div><div class="gmail_signature">Ann Lee<br>Head of Sales</div>', 'Yes.'],
  [
    'a signature with a question',
    '<div>Yes.</div><div class="gmail_signature">Ann Lee<br>Questions? Ask me.<br>Room: 12</div>',
    'Yes.',
  ],
  [
    'Apple',
    '<div>Yes.</div><div><br><blockquote type="cite"><div>On 3 May 2022, at 16:05, Ann wrote:</div>One?</blockquote></div>',
    'Yes.',
  ],
  [
    'Yahoo',
    '<div>Yes.</div><div class="yahoo_quoted"><div>Em 3 de maio, Ann:</div><div>One?</div></div>',
    'Yes.',
  ],
  [
    'Outlook',
    '<p class=MsoNormal>Yes.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>From:</b> Ann &lt;a@example.com&gt;<br><b>Sent:</b> Tuesday, May 3, 2022<br><b>To:</b> Bob<br><b>Subject:</b> x</p></div><p class=MsoNormal>One?</p>',
    'Yes.',
  ],
  [
    'Thunderbird',
    'Yes.<div class="moz-cite-prefix">On 03.05.22 16:05, Ann wrote:<br></div><blockquote type="cite" cite="mid:x">One?</blockquote><pre class="moz-signature">-- \nBob</pre>',
    'Yes.',
  ],
  [
    'Proton',
    '<div>Yes.</div><div class="protonmail_signature_block">Sent with Proton Mail</div><div class="protonmail_quote">Le mardi, Ann a écrit :<blockquote class="protonmail_quote">One?</blockquote></div>',
    'Yes.',
  ],
]

test.each(htmlCases)('HTML of %s', (_, html, visible) => {
  expect(visibleText(messageOf('Content-Type: text/html', '', html)).text).toBe(visible)
})
