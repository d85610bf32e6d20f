/**
 * The header fields of a reply that a reviewer typed. Absent fields follow the rules: To is the author or the Reply-To
 * of the mail, Cc is empty, and the subject is the mail's. Such a reply is only sent by a person.
 */
export interface TypedEnvelope {
  to?: { name: string; address: string }[]
  cc?: { name: string; address: string }[]
  subject?: string
}

/** What a person sees and decides on: the text, and anything typed into the header. */
export function seenAs(text: string, envelope: TypedEnvelope | null): string {
  if (envelope === null) return text
  const listed = (list: TypedEnvelope['to']) => list?.map(({ name, address }) => [name, address]) ?? null
  return `${text}\0${JSON.stringify([listed(envelope.to), listed(envelope.cc), envelope.subject ?? null])}`
}
