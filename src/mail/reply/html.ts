import type { ReplyBody } from './body.ts'

/**
 * The same content as the text, as HTML. Everything is escaped and nothing becomes a link: no tracking, no remote
 * images.
 * @param language BCP 47 tag, or null
 */
export function htmlText(
  { notice, answer, quote, disclosure, signature }: ReplyBody,
  language: string | null,
): string {
  const blocks = [
    notice && `<p>${lines(notice)}</p>`,
    ...answer.split('\n\n').map((paragraph) => `<p>${lines(paragraph)}</p>`),
    quote && `<blockquote type="cite"><p>${lines(quote)}</p></blockquote>`,
    disclosure && `<p>${lines(disclosure)}</p>`,
    signature && `<p>-- <br>\n${lines(signature)}</p>`,
  ]
  const lang = language ? ` lang="${escaped(language)}"` : ''
  return [
    '<!DOCTYPE html>',
    `<html${lang}><head><meta charset="utf-8"><title></title></head><body>`,
    ...blocks.filter((block) => block !== ''),
    '</body></html>',
    '',
  ].join('\n')
}

function lines(text: string): string {
  return escaped(text)
    .replace(/^ +| {2,}/gm, (blanks) => '&nbsp;'.repeat(blanks.length))
    .replaceAll('\n', '<br>\n')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
