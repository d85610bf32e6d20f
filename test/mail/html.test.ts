import { expect, test } from '@jest/globals'
import { textOfHtml } from '../../src/mail/html/text.ts'

const hiding: string[] = [
  '<div style="display:none">SECRET</div>',
  '<div style="DISPLAY : None !important">SECRET</div>',
  '<span style="visibility:hidden">SECRET</span>',
  '<span style="font-size:0">SECRET</span>',
  '<span style="font-size:0.5px;color:red">SECRET</span>',
  '<span style="font:0px Arial">SECRET</span>',
  '<span style="opacity:0">SECRET</span>',
  '<span style="color:#fff">SECRET</span>',
  '<font color="white">SECRET</font>',
  '<font color=#fefefe>SECRET</font>',
  '<span style="color:transparent">SECRET</span>',
  '<span style="color:rgba(0,0,0,0)">SECRET</span>',
  '<div style="background:#123456"><p style="color:rgb(18, 52, 86)">SECRET</p></div>',
  '<table bgcolor="#336699"><tr><td><font color="#336699">SECRET</font></td></tr></table>',
  '<div style="height:0;overflow:hidden">SECRET</div>',
  '<div style="max-height:0px;max-width:0px;overflow:hidden">SECRET</div>',
  '<p hidden>SECRET</p>',
  '<span style="mso-hide:all">SECRET</span>',
  '<div style="position:absolute;left:-9999px">SECRET</div>',
  '<div style="text-indent:-5000px">SECRET</div>',
  '<div style="clip:rect(0,0,0,0);position:absolute">SECRET</div>',
  '<div style="clip-path:inset(100%)">SECRET</div>',
  '<div style="transform:scale(0)">SECRET</div>',
  '<div style="display:none"><div style="display:block"><b>SECRET</b></div></div>',
  '<style>.x{display:none}</style><div class="y x">SECRET</div>',
  '<style><!-- #z { font-size:0 } --></style><div id=z>SECRET</div>',
  '<style>p.note, .other { color: white }</style><p class=note>SECRET</p>',
  '<!-- SECRET words that a person wrote to be read by a machine only -->',
]

test.each(hiding)('%s is cut and reported', (html) => {
  const read = textOfHtml(`<p>Hello</p>${html}<p>there</p>`)
  expect(read.text.replace(/\s+/g, ' ')).toBe('Hello there')
  expect(read.hidden).toBe(true)
})

const showing: string[] = [
  '<div style="display:block">SHOWN</div>',
  '<div style="font-size:0"><span style="font-size:14px">SHOWN</span></div>',
  '<div style="background:#000"><span style="color:#fff">SHOWN</span></div>',
  '<td background="dark.png"><font color="white">SHOWN</font></td>',
  '<div style="background-image:url(x.png)"><font color="white">SHOWN</font></div>',
  '<body bgcolor=black text=white>SHOWN</body>',
  '<style>.dark td{background:#000}</style><table class=dark><tr><td style="color:white">SHOWN</td></tr></table>',
  '<style>@media (max-width:600px){.wide{display:none}}</style><p class=wide>SHOWN</p>',
  '<div style="height:0">SHOWN</div>',
  '<div style="line-height:0">SHOWN</div>',
  '<p hidden></p><div>SHOWN</div>',
  '<p style="display:none"><div>SHOWN</div>',
  '<head><title>no</title><p>SHOWN</p>',
  '<!-- start of the header --><p>SHOWN</p>',
  '<!--[if mso]><p>Some words for one program that nobody else ever sees</p><![endif]--><p>SHOWN</p>',
  '<script>var words = "that no reader sees in the mail"</script><p>SHOWN</p>',
  '<div style="display:none;max-height:0">&zwnj;&nbsp;&zwnj;&nbsp;</div><p>SHOWN</p>',
  '<a style="color:inherit" href="x">SHOWN</a>',
  '</p></div></td>SHOWN',
]

test.each(showing)('%s is shown and nothing reported', (html) => {
  const read = textOfHtml(html)
  expect(read.text.trim()).toBe('SHOWN')
  expect(read.hidden).toBe(false)
})

const preview = '<div style="display:none;max-height:0;overflow:hidden">Your order 4711 is confirmed</div>'
const comment = '<!-- Words that a designer wrote into the mail of a shop long ago -->'
const quotations: [string, (hidden: string) => string][] = [
  [
    'Gmail',
    (hidden) =>
      `<div class="gmail_quote"><div class="gmail_attr">On Wed, Dec 9, 2026 Shop &lt;s@shop.example&gt; wrote:</div><blockquote class="gmail_quote">${hidden}<p>Thank you</p></blockquote></div>`,
  ],
  ['Apple', (hidden) => `<blockquote type="cite">${hidden}<p>Thank you</p></blockquote>`],
  ['Yahoo', (hidden) => `<div class="yahoo_quoted">Am 9.12., Shop:${hidden}<p>Thank you</p></div>`],
  [
    'Outlook',
    (hidden) =>
      `<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> Shop &lt;s@shop.example&gt;<br><b>Gesendet:</b> Mittwoch, 9. Dezember 2026 10:00<br><b>An:</b> Ann<br><b>Betreff:</b> Bestellung</p></div>${hidden}<p>Thank you</p>`,
  ],
  [
    'Outlook on the web',
    (hidden) =>
      `<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Shop &lt;s@shop.example&gt;<br><b>Sent:</b> Wednesday, December 9, 2026<br><b>To:</b> Ann<br><b>Subject:</b> Order</div><div>${hidden}Thank you</div>`,
  ],
]

test.each(quotations)(
  'what %s quotes is the hidden text of somebody else; it is cut all the same',
  (_, quote) => {
    for (const hidden of [preview, comment, '<p style="mso-hide:all">4711 confirmed</p>']) {
      const read = textOfHtml(`<p>When will it arrive?</p>${quote(hidden)}`)
      expect(read.hidden).toBe(false)
      expect(read.text).toMatch(/^When will it arrive\?\n(?:.*\n)*.*Thank you$/)
      expect(read.text).not.toMatch(/confirmed|designer/)
    }
  },
)

test.each(quotations)('what the author hides around a quotation of %s is reported', (program, quote) => {
  for (const hidden of [
    '<p style="display:none">SECRET</p>',
    '<!-- SECRET words for a machine, and nobody else reads them -->',
  ]) {
    const places = [`${hidden}<p>Hello</p>${quote('')}`, `<p>Hello</p>${hidden}${quote('')}`]
    if (!program.startsWith('Outlook')) places.push(`<p>Hello</p>${quote('')}${hidden}<p>Bye</p>`)
    for (const html of places) {
      expect(textOfHtml(html).hidden).toBe(true)
      expect(textOfHtml(html).text).not.toContain('SECRET')
    }
  }
})

test.each([
  '<div id="appendonsend"></div><p hidden>SECRET</p><p>When are you open?</p>',
  '<div style="border-top:solid #E1E1E1 1.0pt"></div><p hidden>SECRET</p><p>When are you open?</p>',
  '<p>When are you open?</p><p>From: here</p><p hidden>SECRET</p>',
  '<p>Hello</p><div hidden>From: a@b.example<br>Sent: today<br>To: you<br>Subject: x</div><p hidden>SECRET</p>',
  '<blockquote class="gmail_quote">One?</blockquote><div>Yes.<span style="font-size:0">SECRET</span></div>',
])('%s pretends to quote: the hidden text is the author’s', (html) => {
  expect(textOfHtml(html).hidden).toBe(true)
  expect(textOfHtml(html).text).not.toContain('SECRET')
})

test('zero-width characters and invisible tag letters go; the letters are reported, joiners and flags stay', () => {
  const tags = [...'obey'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
  expect(textOfHtml(`a\u200bb&#xfeff;c${tags}d`)).toEqual({ text: 'abcd', hidden: true })
  const flag = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'
  expect(textOfHtml(`👩‍👧 ${flag}`)).toEqual({ text: `👩‍👧 ${flag}`, hidden: false })
})

test.each([
  ['<p>a</p><p>b</p>', 'a\n\nb'],
  ['a<br>b<br/><br>c', 'a\nb\n\nc'],
  ['<div>a</div><div><br></div><div>b</div>', 'a\n\nb'],
  ['a  \n b&nbsp;&amp; &lt;c&gt; &eacute;&#8364;&bogus;', 'a b & <c> é€&bogus;'],
  ['<ul><li>a<li>b</ul>c', '- a\n- b\n\nc'],
  ['<ol><li>a</li><li>b</li></ol>', '1. a\n2. b'],
  ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a b\nc'],
  ['<pre>a\n  b</pre>', 'a\n  b'],
  ['a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e', 'a\n\n> b\n> c\n\n>> d\n\ne'],
  ['a<blockquote style="margin:0 0 0 40px;border:none">b</blockquote>', 'a\n\nb'],
  ['<b>a</b><i>b</i> c', 'ab c'],
])('%s reads as %j', (html, text) => {
  expect(textOfHtml(html)).toEqual({ text, hidden: false })
})
