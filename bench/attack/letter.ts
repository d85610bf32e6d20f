/** Mails of strangers. */
let serial = 0

export interface LetterOptions {
  to: string
  from?: string
  /** The whole field From. */
  author?: string
  subject?: string
  text?: string
  id?: string
  /** Further fields, above the others. */
  fields?: string[]
  date?: Date
}

export interface Letter {
  id: string
  octets: string
}

/** A question that the victim's knowledge answers. */
export const question = 'Hello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nKim\r\n'

export function letter(options: LetterOptions): Letter {
  serial++
  const {
    to,
    from = `kim${serial}@shop${serial}.example`,
    subject = 'Opening hours',
    text = question,
  } = options
  const id = options.id ?? `<a${serial}.${process.pid}@mail.example>`
  const head = [
    ...(options.fields ?? []),
    `From: ${options.author ?? `Kim Berg <${from}>`}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: ${id}`,
    `Date: ${(options.date ?? new Date()).toUTCString().replace('GMT', '+0000')}`,
  ]
  return { id, octets: `${head.join('\r\n')}\r\n\r\n${text}` }
}

/** As the owner's own server delivers it. @param results for Authentication-Results; by default a DMARC pass */
export function stamped({ id, octets }: Letter, domain: string, results = 'dmarc=pass'): Letter {
  const field = `Authentication-Results: ${authservId}; ${results} header.from=${domain}\r\n`
  return { id, octets: `Return-Path: <someone@${domain}>\r\n${field}${octets}` }
}

export const authservId = 'mx.replyd.test'
