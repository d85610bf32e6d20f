/** True signatures that are made to say something else: by other fields, other forms, and keys in another zone. */
import { type Signer, signed } from '../../test/mail/signed.ts'
import type { Letter, LetterOptions } from './letter.ts'

interface Kit {
  /** The account that checks by itself. */
  checking: string
  from: (address: string, more?: Partial<LetterOptions>) => Letter
  shop: Signer
  /** Its key is the attacker's. */
  eve: Signer
}

const kim = 'kim@shop.example'
const asProvider = { headerList: 'from:to:subject:date:message-id' }

/** What the mail is, and how it is altered once it is signed. */
const altered: [string, (octets: string) => string][] = [
  [
    'the subject changed, the signed one hidden by a blank',
    (octets) =>
      ` Subject: Opening hours\r\n${octets.replace(/^Subject: .*$/m, 'Sub\0ject: Buy now at the shop')}`,
  ],
  [
    'a whole header above, in lines that end with CR',
    (octets) => {
      const head = octets.slice(octets.indexOf('From:'), octets.indexOf('\r\n\r\n'))
      return `DKIM-Signature: x\r${head.replaceAll('\r\n', '\r').replace('kim@', 'eva@')}\r\n${octets}`
    },
  ],
  ['a Content-Transfer-Encoding added', (octets) => `Content-Transfer-Encoding: 8bit\r\n${octets}`],
]

/** A key of evil.example that looks like one of shop.example. */
const elsewhere: [string, Partial<Signer>][] = [
  ['NUL in the selector', { selector: 'KEY._domainkey.evil.example\0' }],
  ['a slash in the domain', { domain: 'shop.example/.evil.example' }],
  ['a query in the domain', { domain: 'shop.example?.evil.example' }],
]

export async function oddSignatures({ checking, from, shop, eve }: Kit): Promise<[string, Letter, 'not'][]> {
  const sign = async ({ id, octets }: Letter, by: Signer, more = {}) => ({
    id,
    octets: await signed(octets, by, more),
  })
  const found: [string, Letter, 'not'][] = []
  for (const [name, alter] of altered) {
    const { id, octets } = await sign(from(kim), shop)
    found.push([name, { id, octets: alter(octets) }, 'not'])
  }
  for (const [name, by] of elsewhere) {
    const selector = by.selector?.replace('KEY', eve.selector) ?? eve.selector
    found.push([
      `its key elsewhere: ${name}`,
      await sign(from(kim), { ...shop, ...eve, domain: 'shop.example', ...by, selector }),
      'not',
    ])
  }
  const quoted = 'Hello\r\n\r\n--inner\r\n\r\nWhen are you open on Saturday?\r\n--inner--\r\n'
  const type = ['Content-Type: multipart/mixed; boundary=inner']
  const forElse = await sign(from(kim, { to: 'somebody@else.example' }), shop)
  found.push(
    [
      'for somebody else, passed on',
      { ...forElse, octets: `Resent-To: ${checking}\r\n${forElse.octets}` },
      'not',
    ],
    [
      'a quotation made the text by an unsigned type',
      await sign(from(kim, { fields: type, text: quoted }), shop, asProvider),
      'not',
    ],
    ['To not signed', await sign(from(kim), shop, { headerList: 'from:subject:date' }), 'not'],
    [
      'expired',
      await sign(from(kim), shop, {
        expires: new Date(Date.now() - 60_000),
        signTime: new Date(Date.now() - 120_000),
      }),
      'not',
    ],
  )
  return found
}

/** Domains that a sender chose, as servers write them into their results. */
export const brokenOut = [',x', '(', '(x)', '"', '"x"', '/', ' x'].map(
  (cut) =>
    [
      `a domain that breaks out of its value: ${cut}`,
      `dkim=pass header.d=DOMAIN${cut}.evil.example`,
    ] as const,
)
