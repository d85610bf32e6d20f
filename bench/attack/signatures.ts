/**
 * Mails to an account for which replyd itself checks signatures. Each has a separate author, whose domain has a key and
 * a policy, so that no limit and no other row affects it. The reason why it is not answered is compared.
 */
import { type Names, nameServer, type Signer, sealed, signed, signer } from '../../test/mail/signed.ts'
import { authservId, type Letter, type LetterOptions, letter } from './letter.ts'

interface Author {
  address: string
  domain: string
  key: Signer
  /** The attacker's key, for evil.example. */
  eve: Signer
  /** The key of a mailing list. */
  list: Signer
  /** The account that receives the mail. */
  to: string
  /** A question, unsigned. */
  writes(more?: Partial<LetterOptions>): Letter
  /** The same, signed. */
  signs(signing?: object, more?: Partial<LetterOptions>): Promise<Letter>
}

interface Row {
  name: string
  make(author: Author): Letter | Promise<Letter>
  /** Why no reply is sent; null: one is. By default only the signature is wrong. */
  because?: string | null
  key?: [algorithm: Signer['algorithm'], bits?: number]
  /** Replaces a policy with relaxed alignment. */
  policy?: string
  /** The author's subdomain, with a dot at its end. */
  subdomain?: string
}

const changed = ({ id, octets }: Letter, what: string | RegExp, into: string) => ({
  id,
  octets: octets.replace(what, into),
})
const below = (head: string, { id, octets }: Letter) => ({ id, octets: `${head}\r\n${octets}` })
const resigned = async ({ id, octets }: Letter, by: Signer, more = {}) => ({
  id,
  octets: await signed(octets, by, more),
})
const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const seconds = (count: number) => new Date(Date.now() + count * 1000)
const asProvider = { headerList: 'from:to:subject:date:message-id' }

const plain: Row[] = [
  { name: 'a true signature (is answered)', make: ({ signs }) => signs(), because: null },
  {
    name: 'a true signature of the organisation, relaxed alignment (is answered)',
    make: ({ signs }) => signs(),
    subdomain: 'mail.',
    because: null,
  },
  { name: 'unsigned', make: ({ writes }) => writes() },
  { name: 'signed by another domain', make: ({ writes, eve }) => resigned(writes(), eve) },
  { name: 'the text changed', make: async ({ signs }) => changed(await signs(), 'Saturday', 'Sunday') },
  {
    name: 'the subject changed',
    make: async ({ signs }) => changed(await signs(), /^Subject:.*$/m, 'Subject: Opening times'),
  },
  { name: 'text added below l=', make: ({ signs }) => signs({ maxBodyLength: 10 }) },
  { name: 'the subject not signed', make: ({ signs }) => signs({ headerList: 'from:to:date' }) },
  { name: 'To not signed', make: ({ signs }) => signs({ headerList: 'from:subject:date' }) },
  {
    name: 'a second From above',
    make: async ({ signs }) => changed(await signs(), /^From:/m, 'From: Eve <eve@evil.example>\r\nFrom:'),
    because: 'guard-ceiling',
  },
  {
    name: 'a second Subject above',
    make: async ({ signs }) => changed(await signs(), /^Subject:/m, 'Subject: Buy now\r\nSubject:'),
  },
  { name: 'sent again after four days', make: ({ signs }) => signs({}, { date: days(-4) }) },
  { name: 'dated tomorrow', make: ({ signs }) => signs({}, { date: days(1) }) },
  { name: 'expired', make: ({ signs }) => signs({ expires: seconds(-60), signTime: seconds(-120) }) },
  { name: 'a key of 768 bits', make: ({ signs }) => signs(), key: ['rsa-sha256', 768] },
  { name: 'SHA-1', make: ({ signs }) => signs(), key: ['rsa-sha1'] },
  {
    name: 'a subdomain under strict alignment',
    make: ({ signs }) => signs(),
    subdomain: 'mail.',
    policy: 'v=DMARC1; p=reject; adkim=s',
  },
  {
    name: 'nine signatures',
    make: ({ signs, domain }) =>
      signs({}, { fields: Array(9).fill(`DKIM-Signature: v=1; d=${domain}; s=x; b=x`) }),
  },
  {
    name: 'the seal of a list that is not trusted',
    make: async ({ writes, list, domain }) => {
      const { id, octets } = writes()
      return { id, octets: await sealed(octets, list, `dmarc=pass header.from=${domain}`) }
    },
  },
  {
    name: "results that claim to be the owner's server's",
    make: ({ writes, domain }) =>
      writes({ fields: [`Authentication-Results: ${authservId}; dmarc=pass header.from=${domain}`] }),
  },
  {
    name: 'a true signature, Reply-To elsewhere',
    make: ({ signs, domain }) => signs({}, { fields: [`Reply-To: eve@${domain}`] }),
    because: 'reply-to-elsewhere',
  },
]

/** Valid signatures made to prove something else: by other fields, other forms, and keys in another zone. */
const odd: Row[] = [
  {
    name: 'the subject changed, the signed one hidden by a blank',
    make: async ({ signs }) =>
      below(
        ' Subject: Opening hours',
        changed(await signs(), /^Subject: .*$/m, 'Sub\0ject: Buy now at the shop'),
      ),
  },
  {
    name: 'a whole header above, in lines that end with CR',
    make: async ({ signs }) => {
      const mail = await signs()
      const head = mail.octets.slice(mail.octets.indexOf('From:'), mail.octets.indexOf('\r\n\r\n'))
      return below(`DKIM-Signature: x\r${head.replaceAll('\r\n', '\r').replace('kim@', 'eva@')}`, mail)
    },
  },
  {
    // 8bit would leave the text unchanged.
    name: 'a Content-Transfer-Encoding added',
    make: async ({ signs }) => below('Content-Transfer-Encoding: base64', await signs()),
  },
  {
    name: 'for somebody else, passed on',
    make: async ({ signs, to }) =>
      below(`Resent-To: ${to}`, await signs({}, { to: 'somebody@else.example' })),
  },
  {
    name: 'a quotation made the text by an unsigned type',
    make: ({ signs }) =>
      signs(asProvider, {
        fields: ['Content-Type: multipart/mixed; boundary=inner'],
        text: 'Hello\r\n\r\n--inner\r\n\r\nWhen are you open on Saturday?\r\n--inner--\r\n',
      }),
  },
]

/** A key of evil.example that looks like one of the author's domain. */
const elsewhere: Row[] = [
  {
    name: 'its key elsewhere: NUL in the selector',
    make: ({ writes, eve, domain }) =>
      resigned(writes(), { ...eve, domain, selector: `${eve.selector}._domainkey.evil.example\0` }),
  },
  {
    name: 'its key elsewhere: a slash in the domain',
    make: ({ writes, eve, domain }) => resigned(writes(), { ...eve, domain: `${domain}/.evil.example` }),
  },
  {
    name: 'its key elsewhere: a query in the domain',
    make: ({ writes, eve, domain }) => resigned(writes(), { ...eve, domain: `${domain}?.evil.example` }),
  },
]

/** The key's record is emptied once everything is signed. */
const revoked: Row = { name: 'a revoked key', make: ({ signs }) => signs() }

interface SignedMail {
  name: string
  /** The Message-ID in the mail: a sealed mail is made separately. */
  id: string
  octets: string
  because: string | null
}

/** The mails, and the records that their domains have. */
export async function signedMails(to: string): Promise<{ mails: SignedMail[]; records: Names['records'] }> {
  const names = nameServer()
  const [eve, list] = [signer(names, 'evil.example'), signer(names, 'list.example')]
  const mails: SignedMail[] = []
  for (const [at, row] of [...plain, ...odd, ...elsewhere, revoked].entries()) {
    const domain = `signs${at}.example`
    const [algorithm, bits] = row.key ?? []
    const key = signer(names, domain, algorithm, bits)
    names.records.set(`_dmarc.${domain}`, row.policy ?? 'v=DMARC1; p=reject')
    const address = `kim@${row.subdomain ?? ''}${domain}`
    const writes: Author['writes'] = (more = {}) => letter({ to, from: address, ...more })
    const signs: Author['signs'] = (signing, more) => resigned(writes(more), key, signing)
    const { id, octets } = await row.make({ address, domain, key, eve, list, to, writes, signs })
    if (row === revoked) names.records.set(`${key.selector}._domainkey.${domain}`, 'v=DKIM1; k=rsa; p=')
    const { name, because = 'unauthenticated' } = row
    mails.push({ name, id: /^Message-ID: (.*?)\r?$/m.exec(octets)?.[1] ?? id, octets, because })
  }
  return { mails, records: names.records }
}
