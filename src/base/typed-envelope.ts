/**
 * What a reviewer has put into the header of a reply. A part that is absent is as the rules have it: To the author or the
 * Reply-To of the mail, nobody in Cc, the subject of the mail. Such a reply is only sent by a person.
 */
export interface TypedEnvelope {
  to?: { name: string; address: string }[]
  cc?: { name: string; address: string }[]
  subject?: string
}

/** What a person sees and decides on: the text, and whatever was typed into the header. */
export function seenAs(text: string, envelope: TypedEnvelope | null): string {
  if (envelope === null) return text
  const listed = (list: TypedEnvelope['to']) => list?.map(({ name, address }) => [name, address]) ?? null
  return `${text}\0${JSON.stringify([listed(envelope.to), listed(envelope.cc), envelope.subject ?? null])}`
}
