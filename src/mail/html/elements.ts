/** What elements mean for reading: their layout, what they close, and the marks of quotes and signatures. */

import { parseDeclarations } from './style.ts'

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

export const voidElements = words(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr',
)

/**
 * Their contents are not text of the message. `head` is not among them: browsers end it at the first element that does
 * not belong there, and much mail never closes it.
 */
export const unreadElements = words('script style title template select textarea svg math audio video')

export const blockElements = words(
  'address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul',
)

/** Blocks with an empty line around them. */
export const paragraphElements = words('p h1 h2 h3 h4 h5 h6 ul ol dl pre blockquote table')

interface Implied {
  closes: ReadonlySet<string>
  within: ReadonlySet<string>
}

const cells = { closes: words('td th p li'), within: words('table tr') }
const implied: Readonly<Record<string, Implied>> = {
  li: { closes: words('li p'), within: words('ul ol menu table td') },
  dt: { closes: words('dt dd p'), within: words('dl table td') },
  dd: { closes: words('dt dd p'), within: words('dl table td') },
  td: cells,
  th: cells,
  tr: { closes: words('tr td th p li'), within: words('table') },
  tbody: { closes: words('tbody thead tfoot tr td th p'), within: words('table') },
  body: { closes: words('head title style'), within: words('') },
}
const paragraph: Implied = {
  closes: words('p'),
  within: words('table td th button object blockquote div li'),
}

/**
 * How many of the innermost open elements a start tag closes (HTML section 13.1.2.4): `<p hidden>a<div>b` shows b.
 * @param open names of the open elements, innermost last
 */
export function impliedCloses(name: string, open: readonly string[]): number {
  const rule = implied[name] ?? (blockElements.has(name) ? paragraph : undefined)
  if (!rule) return 0
  let closes = 0
  for (let depth = 1; depth <= Math.min(open.length, 40); depth++) {
    const candidate = open[open.length - depth] ?? ''
    if (rule.within.has(candidate)) break
    if (rule.closes.has(candidate)) closes = depth
  }
  return closes
}

/** Class or id without the prefix that a webmail put before it while cleaning. */
function marks(attributes: ReadonlyMap<string, string>): readonly string[] {
  if (!attributes.has('class') && !attributes.has('id') && !attributes.has('data-smartmail')) return []
  const written = `${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''} ${attributes.get('data-smartmail') ?? ''}`
  return written
    .toLowerCase()
    .split(/\s+/, 30)
    .map((mark) => mark.replace(/^(x_|ecx|yiv\d+)+/, ''))
}

const quoteMarks = words(
  'gmail_attr yahoo_quoted protonmail_quote tutanota_quote zmail_extra olk_src_body_section moz-forward-container ' +
    'mail-editor-reference-message-container cm_quote ms-outlook-quote yandex_quote mail_quote',
)

const signatureMarks = words(
  'gmail_signature moz-signature signature protonmail_signature_block applemailsignature ms-outlook-mobile-signature ' +
    'outlook-signature tutanota_signature mail_signature zm-signature',
)

/** `quote`: someone else's words; `attribution`: so until the first blockquote inside it ends. */
export function quoteKind(
  name: string,
  attributes: ReadonlyMap<string, string>,
): 'quote' | 'attribution' | null {
  if (name === 'blockquote') {
    // Gmail and Outlook write plain indentation as a blockquote without border.
    const css = parseDeclarations(attributes.get('style') ?? '')
    const indents =
      /^(none|0)/.test(css.get('border') ?? '') && !attributes.has('cite') && !attributes.has('type')
    return indents && !attributes.has('class') ? null : 'quote'
  }
  if (attributes.get('name') === 'quote') return 'quote'
  const found = marks(attributes)
  if (found.includes('gmail_quote')) return 'attribution'
  return found.some((mark) => quoteMarks.has(mark)) ? 'quote' : null
}

export function isSignature(attributes: ReadonlyMap<string, string>): boolean {
  return marks(attributes).some((mark) => signatureMarks.has(mark))
}
