/** Reads the XML of a document. */
import { Parser } from 'htmlparser2'
import { DocumentFault, deepest } from './limits.ts'

interface Receiver {
  opened?: (name: string, attributes: Readonly<Record<string, string>>) => void
  text?: (text: string) => void
  closed?: (name: string) => void
}

/** Entities that the document defines are not expanded. @throws DocumentFault when it is nested too deeply */
export function read(xml: string, { opened, text, closed }: Receiver): void {
  let depth = 0
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (++depth > deepest) throw new DocumentFault(`its elements are nested more than ${deepest} deep`)
        opened?.(name, attributes)
      },
      ontext: (words) => text?.(words),
      onclosetag: (name) => {
        depth--
        closed?.(name)
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.write(xml)
  parser.end()
}
