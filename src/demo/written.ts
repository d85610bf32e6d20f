/** A mail that somebody writes to the demo on its own page (`/demo`). */
import { plainLine } from '../mail/address.ts'
import { demoOwner, octetsOf, text } from './sample.ts'

export interface Written {
  /** Of the person who plays the customer. */
  name: string
  subject: string
  text: string
}

const domain = 'visitor.example'

/** As a server would deliver it, with a proven author. @param id without brackets */
export function writtenMail({ name, subject, text: body }: Written, id: string, at: Date): Buffer {
  const shown = plainLine(name)
    .replace(/[<>"\\@:;,()[\]]+/g, ' ')
    .trim()
  // Another name is another customer.
  const word = shown
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
  const address = `${/[a-z].{0,40}/.exec(word)?.[0].replace(/\.$/, '') ?? 'customer'}@${domain}`
  return octetsOf(
    {
      from: shown === '' ? address : `${shown} <${address}>`,
      to: demoOwner.address,
      subject: plainLine(subject),
      id: `${id}@${domain}`,
      at,
      fields: [`Authentication-Results: ${demoOwner.authservId}; dmarc=pass header.from=${domain}`],
    },
    text(body.replace(/\r\n?/g, '\n')),
  )
}
