import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { framePolicy, harmlessHtml } from '../../src/web/mail-html.ts'

const dangerous =
  /<script|<iframe|<object|<embed|<form|<meta http|<svg|<style|<base|\son\w+\s*=|javascript:|url\(/i

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="java\nscript:alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<svg><script>alert(1)</script></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<form action="http://evil.example"><button>x</button></form>',
  '<p style="background:url(http://evil.example/x)">x</p>',
  '<meta http-equiv="refresh" content="0;url=http://evil.example">',
  '<base href="http://evil.example/">',
])('%s is harmless afterwards', (html) => {
  expect(harmlessHtml(html, true).replace(/^.*?<body>/, '')).not.toMatch(dangerous)
})

test('remote pictures are shown only to those who ask for them', () => {
  const html = '<img src="https://shop.example/a.png" alt="a">'
  expect(harmlessHtml(html, false)).not.toContain('shop.example')
  expect(harmlessHtml(html, true)).toContain('https://shop.example/a.png')
  expect(framePolicy(false)).toContain('img-src data:;')
})

describe('the corpus', () => {
  const corpus = new URL('../fixtures/corpus/', import.meta.url).pathname
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.eml'),
  )

  test('holds no HTML that stays dangerous', () => {
    const pages = files.flatMap((name) => parseOctets(readFileSync(join(corpus, name))).html ?? [])
    expect(pages.length).toBeGreaterThan(20)
    for (const html of pages) {
      const tags =
        harmlessHtml(html, false)
          .replace(/^.*?<body>/, '')
          .match(/<[^>]*>/g) ?? []
      expect(tags.filter((tag) => dangerous.test(tag))).toEqual([])
    }
  })
})
