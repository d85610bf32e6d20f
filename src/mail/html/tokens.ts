/**
 * HTML as a stream of tags and text in linear time. Only the tokenizer of htmlparser2 is used: its parser moves the
 * whole stack of open elements for each tag, which hostile nesting turns into seconds.
 */

import { Tokenizer } from 'htmlparser2'

/** Attribute values beyond this many characters are cut. */
const longestAttribute = 10_000

export interface HtmlReceiver {
  /** @param selfClosing written as `<x/>`; HTML gives that no meaning but for foreign elements */
  open(name: string, attributes: ReadonlyMap<string, string>, selfClosing: boolean): void
  close(name: string): void
  text(text: string): void
  comment(text: string): void
}

/** Feeds every token of `html` to the receiver, names in lower case, entities decoded. */
export function tokenizeHtml(html: string, receiver: HtmlReceiver): void {
  let name = ''
  let attribute = ''
  let pieces: string[] = []
  let attributes = new Map<string, string>()
  const opened = (selfClosing: boolean) => receiver.open(name, attributes, selfClosing)
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      onopentagname(start, end) {
        name = html.slice(start, end).toLowerCase()
        attributes = new Map()
      },
      onattribname(start, end) {
        attribute = html.slice(start, end).toLowerCase()
        pieces = []
      },
      onattribdata: (start, end) => pieces.push(html.slice(start, Math.min(end, start + longestAttribute))),
      onattribentity: (codepoint) => pieces.push(String.fromCodePoint(codepoint)),
      onattribend() {
        if (!attributes.has(attribute) && attributes.size < 50) attributes.set(attribute, pieces.join(''))
      },
      onopentagend: () => opened(false),
      onselfclosingtag: () => opened(true),
      onclosetag: (start, end) => receiver.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => receiver.text(html.slice(start, end)),
      ontextentity: (codepoint) => receiver.text(String.fromCodePoint(codepoint)),
      oncomment: (start, end, offset) => receiver.comment(html.slice(start, end - offset)),
      oncdata: (start, end, offset) => receiver.comment(html.slice(start, end - offset)),
      ondeclaration: () => {},
      onprocessinginstruction: () => {},
      onend: () => {},
    },
  )
  tokenizer.write(html)
  tokenizer.end()
}
