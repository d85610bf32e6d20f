import { describe, expect, test } from '@jest/globals'
import { cutToWidth, unbroken, usesColour, widthOf, wrapped } from '../../src/base/columns.ts'
import {
  type AnsweredMail,
  answeredLines,
  type DecidedMail,
  jsonLine,
  mailLines,
  type Opening,
  openingLines,
  type Summary,
  summaryLines,
} from '../../src/demo/screen.ts'

const style = { colour: false, columns: 80 }

const mail: DecidedMail = {
  messageId: '<a@client.example>',
  subject: 'Opening hours',
  from: '"Ann Lee" <ann@client.example>',
  disposition: 'drafted',
  reason: 'mode-draft',
  spam: { is: false, kind: 'none', confidence: 0.97 },
  sentiment: { label: 'negative', intensity: 0.7 },
  language: 'en',
}

const opening: Opening = {
  model: 'replyd-stand-in',
  modelHost: null,
  address: 'support@shop.example',
  imap: { host: '127.0.0.1', port: 4143 },
  mails: 13,
  review: 'http://127.0.0.1:8025/',
}

describe('the opening', () => {
  test('says first where the page is, then that a stand-in answers, and its name', () => {
    expect(openingLines(opening, style).slice(0, 4)).toEqual([
      'Review page: http://127.0.0.1:8025/',
      '',
      'The model is an offline stand-in (replyd-stand-in) that follows simple rules.',
      'Set OPENAI_API_KEY to use a real model.',
    ])
  })

  test('says which real model answers, and that it is paid for', () => {
    const real = { ...opening, model: 'gpt-4o-mini', modelHost: 'api.openai.com', review: null }
    const lines = openingLines(real, style)
    expect(lines[0]).toBe('The model is gpt-4o-mini at api.openai.com.')
    expect(lines.join('\n')).toMatch(/cost money/)
    expect(lines.join('\n')).not.toMatch(/stand-in|Review page/)
  })
})

describe('one mail in full', () => {
  const answered: AnsweredMail = {
    ...mail,
    text: `When do you open?\n\x1b[2JAnn${'n'.repeat(100)}`,
    draft: 'Dear Ann,\n\nwe open at nine. '.repeat(3),
    sources: [
      { file: 'hours.md', heading: 'Opening' },
      { file: 'hours.md', heading: 'Opening' },
      { file: 'faq.md', heading: '' },
    ],
  }

  test('shows mail, draft, reason and each source once, in 80 columns and harmless', () => {
    const lines = answeredLines(answered, style)
    expect(lines).toContain('Ann Lee wrote: Opening hours')
    expect(lines).toContain('  │ When do you open?')
    expect(lines).toContain('Why it is a draft: You send replies of this kind yourself.')
    expect(lines.at(-1)).toBe('Sources: hours.md (Opening), faq.md')
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80)
    expect(lines.join('')).not.toContain('\x1b')
  })
})

describe('a mail', () => {
  test('three lines: who and what, what became of it, how it was judged', () => {
    expect(mailLines(mail, 3, 13, style)).toEqual([
      ' 3/13  Ann Lee: Opening hours',
      '       Reply saved in Drafts. You send replies of this kind yourself.',
      '       not spam (97 %), negative (70 %), language en',
    ])
  })

  test('without a judgement there is no third line', () => {
    const declined: DecidedMail = {
      ...mail,
      disposition: 'declined',
      reason: 'list-mail',
      spam: null,
      sentiment: null,
      language: null,
    }
    expect(mailLines(declined, 1, 1, style)).toEqual([
      '1/1  Ann Lee: Opening hours',
      '     Left alone. It came from a mailing list, and lists are never answered.',
    ])
  })

  test('spam shows its kind', () => {
    const spam = { is: true, kind: 'phishing' as const, confidence: 0.99 }
    const lines = mailLines({ ...mail, disposition: 'filed', reason: 'spam-phishing', spam }, 1, 1, style)
    expect(lines[1]).toContain('Moved to Junk. It is spam that tries to get passwords or payments.')
    expect(lines[2]).toContain('spam (phishing, 99 %)')
  })

  test.each([
    ['an escape sequence', 'Hi \x1b[2J\x1b]0;title\x07 there'],
    ['line ends', 'Hi\r\n2/13  Bank: all is well'],
    ['a bidi override', 'Hi \u202egnp.exe'],
  ])('%s in a subject or a name cannot move the terminal', (_name, text) => {
    const lines = mailLines({ ...mail, subject: text, from: `${text} <x@y.example>` }, 1, 1, style)
    expect(lines).toHaveLength(3)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(lines.join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/)
  })

  test('a long line is cut to the width of the terminal, wide characters counted twice', () => {
    const [line = ''] = mailLines({ ...mail, subject: '日本への発送について'.repeat(9) }, 1, 1, {
      colour: false,
      columns: 40,
    })
    expect(widthOf(line)).toBeLessThanOrEqual(40)
    expect(widthOf(line)).toBeGreaterThan(36)
    expect(line).toMatch(/…$/)
  })

  test.each([
    ['"Ann Lee" <ann@client.example>', 'Ann Lee'],
    ['ann@client.example', 'ann@client.example'],
    ['<ann@client.example>', 'ann@client.example'],
    ['', '(no sender)'],
  ])('the sender %s is shown as %s', (from, shown) => {
    expect(mailLines({ ...mail, from, subject: '' }, 1, 1, style)[0]).toBe(`1/1  ${shown}: (no subject)`)
  })
})

describe('the summary', () => {
  const summary: Summary = {
    dispositions: ['drafted', 'declined', 'declined', 'filed'],
    calls: 3,
    inputTokens: 12345,
    outputTokens: 678,
    cost: 0,
    listPrice: { model: 'gpt-4o-mini', cost: 0.00226 },
    durationMs: 4321,
    review: 'http://127.0.0.1:8025/',
    access: null,
  }

  test('counts, most frequent first, tokens, cost, time and the page', () => {
    expect(summaryLines(summary, style)).toEqual([
      '',
      'Summary',
      '  left alone             2',
      '  reply saved in Drafts  1',
      '  moved to Junk          1',
      '  mails                  4',
      '  calls to the model     3',
      '  tokens in              12,345',
      '  tokens out             678',
      '  cost                   nothing ($0.00226 with gpt-4o-mini at its list price)',
      '  time                   4.3 s',
      '',
      'See them all: http://127.0.0.1:8025/',
      'Write a mail to it: http://127.0.0.1:8025/demo',
      'Ctrl+C ends the demo.',
      '',
      'Now yours: npx replyd init',
    ])
  })

  test('the commands that show and approve the reply, to be typed as they are', () => {
    const access = { url: 'http://127.0.0.1:8025/', token: 'T', shownId: '01KB', replyd: 'npx replyd' }
    const lines = summaryLines({ ...summary, access }, style)
    const at = lines.indexOf('Or with commands, in another terminal in this folder:')
    expect(lines.slice(at + 1, at + 5)).toEqual([
      '  export REPLYD_URL=http://127.0.0.1:8025/',
      '  export REPLYD_TOKEN=T',
      '  npx replyd replies list',
      '  npx replyd replies approve 01KB',
    ])
    expect(
      summaryLines({ ...summary, access: { ...access, shownId: null } }, style).join('\n'),
    ).not.toContain('approve')
  })

  test('real money, and no page once the demo has ended', () => {
    const lines = summaryLines({ ...summary, cost: 1.5, listPrice: null, review: null }, style)
    expect(lines).toContain('  cost                   $1.50')
    expect(lines.join('\n')).not.toContain('http://')
  })
})

describe('--json', () => {
  test('one line with exactly the promised keys', () => {
    expect(JSON.parse(jsonLine(mail))).toEqual({
      messageId: '<a@client.example>',
      subject: 'Opening hours',
      from: '"Ann Lee" <ann@client.example>',
      disposition: 'drafted',
      reason: 'mode-draft',
      spam: false,
      sentiment: 'negative',
      language: 'en',
    })
    expect(jsonLine({ ...mail, subject: 'a\nb' })).not.toContain('\n')
  })

  test('null where nobody judged', () => {
    expect(JSON.parse(jsonLine({ ...mail, spam: null, sentiment: null, language: null }))).toMatchObject({
      spam: null,
      sentiment: null,
      language: null,
    })
  })
})

describe('colour', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [undefined, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: %s', (terminal, env, expected) => {
    expect(usesColour(terminal, env)).toBe(expected)
  })

  test('colour changes nothing but the colour', () => {
    const coloured = mailLines(mail, 1, 1, { ...style, colour: true }).join('\n')
    expect(coloured).toContain('\x1b[32m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences begin with one
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(mailLines(mail, 1, 1, style).join('\n'))
  })
})

test('a text that fits is not cut, combining marks take no room', () => {
  expect(cutToWidth('Grüße', 5)).toBe('Grüße')
  expect(widthOf('u\u0308ber')).toBe(4)
  expect(cutToWidth('Grüße', 4)).toBe('Grü…')
})

test.each([
  ['one two three', 7, ['one two', 'three']],
  ['one two', 7, ['one two']],
  ['a\n\nb', 5, ['a', '', 'b']],
  ['日本へ', 4, ['日本', 'へ']],
  ['  - one two', 9, ['  - one', '  two']],
])('%j in %i columns', (text, columns, lines) => expect(wrapped(text, columns)).toEqual(lines))

const long = 'a line that a program has broken, since it had become too long'

test.each([
  [`${long}\nand goes on`, `${long} and goes on`],
  [`${long}\n\nA new paragraph`, `${long}\n\nA new paragraph`],
  [`${long}\n- a list`, `${long}\n- a list`],
  ['Kind regards\nAnn', 'Kind regards\nAnn'],
])('%j in one piece', (text, joined) => expect(unbroken(text)).toBe(joined))
