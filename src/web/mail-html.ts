/** Sanitises a stranger's HTML; shown only in a sandboxed frame without scripts. */
import sanitize from 'sanitize-html'

const pixel = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='

/** @param remote keeps remote pictures, because the reader asked for them */
export function harmlessHtml(html: string, remote: boolean): string {
  const body = sanitize(html, {
    allowedTags: [...sanitize.defaults.allowedTags, 'img', 'font', 'center', 'del', 'ins'],
    disallowedTagsMode: 'discard',
    nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'template', 'svg', 'math'],
    allowedAttributes: {
      a: ['href', 'title', 'rel', 'target'],
      img: ['src', 'alt', 'width', 'height'],
      td: ['colspan', 'rowspan', 'align', 'valign'],
      th: ['colspan', 'rowspan', 'align', 'valign'],
      '*': ['dir', 'lang'],
    },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: remote ? ['http', 'https', 'data'] : ['data'] },
    allowProtocolRelative: false,
    transformTags: {
      img: (tagName, attribs) => {
        const inline = /^data:image\/(png|jpe?g|gif|webp);/i.test(attribs.src ?? '')
        return { tagName, attribs: { ...attribs, src: remote || inline ? (attribs.src ?? pixel) : pixel } }
      },
      a: (tagName, attribs) => ({
        tagName,
        attribs: { ...attribs, rel: 'noopener noreferrer', target: '_blank' },
      }),
    },
  })
  return `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/assets/mail.css"><body>${body}</body>`
}

/** For the frame: no scripts, and only our style sheet and, on request, pictures. */
export function framePolicy(remote: boolean): string {
  const pictures = remote ? 'data: https: http:' : 'data:'
  return `default-src 'none'; img-src ${pictures}; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`
}
