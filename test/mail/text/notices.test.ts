/** Warnings of gateways above a text and footers below a quotation, and answers that look like them. */
import { expect, test } from '@jest/globals'
import { splitText } from '../../../src/mail/text/visible.ts'

const own = 'I still have not received the parcel. Can you check?'
const read = (...lines: string[]) => splitText(lines.join('\n')).text

const banners = [
  '[EXTERNAL] This message originated from outside your organization. Do not click links or open attachments unless you recognize the sender.',
  '[EXTERNAL]',
  '[EXTERN]',
  'EXTERNAL EMAIL',
  'CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and know the content is safe.',
  '*** WARNING *** This is an external email. Be careful with links and attachments.',
  'CAUTION: External Sender\nDo not click links or open attachments.',
  '⚠ External email: use caution with links.',
  "You don't often get email from anna.berg@kunde.example. Learn why this is important",
  'Some people who received this message don’t often get email from anna@kunde.example. Learn why this is important at https://aka.example/x',
  '--------------------\nATTENTION: The sender of this message is external to our organization. Verify before opening links.\n--------------------',
  'ACHTUNG: Diese E-Mail stammt von einem externen Absender. Bitte öffnen Sie keine Anhänge und klicken Sie auf keine Links.',
  'Sie erhalten nicht oft eine E-Mail von anna@kunde.example. Erfahren Sie, warum dies wichtig ist',
  'ATTENTION : ce message provient d’un expéditeur externe. Ne cliquez pas sur les liens.',
  'Este correo proviene de fuera de la organización. No abra archivos adjuntos ni enlaces.',
  'ATTENZIONE: questa e-mail proviene da un mittente esterno. Non aprire allegati.',
  'LET OP: deze e-mail komt van buiten de organisatie. Klik niet op links.',
  'OBS! Detta mejl kommer från en extern avsändare. Klicka inte på länkar.',
  'UWAGA: wiadomość od nadawcy zewnętrznego. Nie otwieraj załączników.',
  'ВНИМАНИЕ: письмо от внешнего отправителя. Не открывайте вложения.',
  '【注意】このメールは社外から届きました。添付ファイルやリンクに注意してください。',
  '[外部邮件] 请勿点击链接或打开附件。',
]

test.each(banners)('a gateway wrote %j', (banner) => {
  expect(read(banner, '', own)).toBe(own)
  expect(read('', banner, '', '', own, '', 'On 3 May 2022, Ann wrote:', '> x')).toBe(own)
  expect(read(...banner.replace(/(.{40,60}) /g, '$1\n').split('\n'), '', own)).toBe(own)
})

test('words of the author right below a banner stay', () => {
  expect(read('[EXTERNAL]', own)).toBe(own)
  expect(read('CAUTION: This email originated from outside of the organization.', own)).toBe(own)
  expect(read(banners[0] as string, '', '> quoted', '', own)).toContain(own)
})

test.each([
  'We have an external sender on our mailing list who wants to click the links.',
  'Attention: the external drive that I ordered does not open. The message says error 5.',
  'I got an email from outside my organization with links. Is it from you?',
  'Warning: our external auditor opens the mail first.',
  'Important: the lamp outside is broken. Please send a new one.',
  'This message is for Jan: the outside lamp works.',
  'External hard disk 4711: when does it arrive?',
  'The sender of the parcel is outside the EU, what do I pay?',
])('an author wrote %j', (text) => {
  expect(read(text, '', 'Regards, Anna')).toBe(`${text}\n\nRegards, Anna`)
})

test('a text that is nothing but a banner is better than none', () => {
  expect(read('[EXTERNAL]')).toBe('[EXTERNAL]')
})

const footers = [
  '<https://www.antivirus.example/sig-email?utm_medium=email>\nVirus-free.www.antivirus.example\n<https://www.antivirus.example/sig-email?utm_medium=email>\n<#DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2>',
  'Virenfrei. www.avast.com',
  '---\nThis email has been checked for viruses by Avast antivirus software.\nhttps://www.avast.com/antivirus',
  'Diese E-Mail wurde von Avast Antivirus-Software auf Viren geprüft.',
  "L'absence de virus dans ce courrier électronique a été vérifiée par le logiciel antivirus Avast.",
  'Este mensaje no contiene virus ni malware porque ha sido comprobado por ESET.',
  'Questa e-mail è priva di virus grazie ad Avast.',
  'Scanned by MailScanner',
  'No virus found in this message.\nChecked by AVG - www.avg.com',
  'This e-mail and any attachments are confidential and intended solely for the addressee. If you have received it in error, delete it.',
  'Diese Nachricht enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie.',
  'Ce message et ses pièces jointes sont confidentiels et destinés à leur seul destinataire.',
  'Este mensaje es confidencial. Si lo ha recibido por error, elimínelo.',
  'Il presente messaggio è riservato ed è destinato al solo destinatario.',
  'Dit bericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde.',
  'Kunde GmbH, Amtsgericht Berlin, HRB 4711, Geschäftsführer: Max Muster. Der Inhalt ist vertraulich.',
  'Please consider the environment before printing this confidential e-mail.',
  'Это сообщение конфиденциально и предназначено только для адресата.',
  '本邮件内容保密，仅供收件人使用，如果错误收到请立即删除，谢谢配合。本邮件内容保密，仅供收件人使用。',
  'https://harbor.example/orders/commit/bf9d5ce00f52f9096ac',
  'f87a60f3ed6134338f03e/commit/13616669#commitcomment-13616669>.',
  'To unsubscribe from this list send a mail to x@lists.example.',
  'Virus-free. www.avast.com <https://www.avast.example/sig-email?utm_medium=email>',
  '<https://www.avast.example/sig-email?utm_medium=email&utm_source=link&utm_content=web\nmail>',
  'Before printing, think about the environment.',
  'Prima di stampare, pensa all’ambiente.',
]
const quote = [
  'On Wed, 25 Nov 2026 at 10:00, Harbor <support@harbor.example> wrote:',
  '',
  '> Dear Anna,',
  '> your parcel left.',
]

test.each(footers)('below a quotation %j is no answer', (footer) => {
  expect(read(own, '', ...quote, '', '', footer)).toBe(own)
  expect(read(own, '', ...quote, footer)).toBe(own)
  expect(read(own, '', ...quote, '', footer, '', footers[9] as string)).toBe(own)
})

test.each([
  'We checked the attachment for viruses, please resend it.',
  'Please send it without attachment, the virus scanner keeps it.',
  'The contract is confidential. Please print the attachment.',
  'OK',
  'Avast finds a virus in the attachment, please resend it.',
  'Can you delete it? I am not the recipient of the confidential list.',
  'I am outside until Monday.',
  'https://files.example/drawing.pdf is the link.',
  'ja, passt so',
])('below a quotation the answer %j stays', (answer) => {
  const text = read(...quote, '', answer)
  expect(text).toContain(answer)
  expect(read('Hello,', '', ...quote, '', answer)).toContain(answer)
})

test('a web address is an answer where there is no other', () => {
  expect(read(...quote, '', 'https://files.example/drawing.pdf')).toContain(
    'https://files.example/drawing.pdf',
  )
})

test('answers between quoted lines stay with the lines they answer, a footer below them goes', () => {
  const text = read(
    'Hi,',
    '',
    ...quote,
    '',
    'Yes.',
    '',
    '> Two?',
    '',
    'No.',
    '',
    '> Bye',
    '',
    footers[1] as string,
  )
  expect(text).toBe('Hi,\n\n\n> Dear Anna,\n> your parcel left.\n\nYes.\n\n> Two?\n\nNo.')
})

test('the rest of a wrapped web address belongs to the quotation', () => {
  const url = '> view it here <https://harbor.example/orders/commit/bf9d5ce00f52f9096ac'
  expect(read('No.', ...quote, url, 'f87a60f3ed6134338f03e#commitcomment-13616669>.', '> ')).toBe('No.')
  expect(read('No.', ...quote, url, 'f87a60f3ed61>.')).toBe('No.')
  expect(read('No.', ...quote, '> short https://x.example/', 'Yes')).toContain('Yes')
})
