/** Web pages as shops write them: what unfolds, struck prices, raised cents and joined cells of tables. */
import { describe, expect, test } from '@jest/globals'
import { readHtml } from '../../src/knowledge/documents/html.ts'

const read = (body: string) => readHtml(`<html><head><title>Shop</title></head><body>${body}</body></html>`)
const textOf = (body: string) => read(body).markdown

describe('questions and answers that unfold', () => {
  test.each([
    [
      'a button in a heading, as Bootstrap has it',
      `<h2 class="accordion-header"><button aria-expanded="false" data-bs-target="#one">How long may I return goods?</button></h2>
       <div id="one" class="collapse"><div>30 days.</div></div>`,
    ],
    [
      'a panel that is hidden until a click',
      `<h2><button aria-expanded="false" aria-controls="one">How long may I return goods?</button></h2><div id="one" hidden>30 days.</div>`,
    ],
    [
      'a panel that screen readers do not read before a click',
      `<h2 aria-controls="one">How long may I return goods?</h2><div id="one" aria-hidden="true">30 days.</div>`,
    ],
    ['a tab', `<h2>How long may I return goods?</h2><div role="tabpanel" hidden>30 days.</div>`],
    [
      'a link that opens it',
      `<h2><a href="#one">How long may I return goods?</a></h2><div id="one" hidden>30 days.</div>`,
    ],
    [
      'a summary',
      `<details><summary><h2>How long may I return goods?</h2></summary><p>30 days.</p></details>`,
    ],
  ])('%s', (_, body) => {
    expect(textOf(body)).toBe('## How long may I return goods?\n\n30 days.')
  })

  test.each([
    ['a summary', '<details><summary><button>Repairs?</button></summary><p>30 euros.</p></details>'],
    ['a list of terms', '<dl><dt><button>Repairs?</button></dt><dd>30 euros.</dd></dl>'],
    ['its own', '<button aria-expanded="false">Repairs?</button><div>30 euros.</div>'],
    ['a text around it', '<button aria-expanded="false">Repairs?</button> 30 euros.'],
  ])('a button that is the title of %s', (_, body) => {
    expect(textOf(body)).toBe('Repairs?\n\n30 euros.')
  })

  test('a button that unfolds something stands apart from the text before it', () => {
    const body = 'Ask us. <button aria-expanded="false">Repairs?</button> 30 euros.'
    expect(textOf(body)).toBe('Ask us.\n\nRepairs?\n\n30 euros.')
  })

  test('other buttons, and what nothing unfolds, are left out', () => {
    const body =
      '<p>Hours</p><button>Add to cart</button><div id="one" hidden>Secret</div><a href="#two">x</a>'
    expect(textOf(body)).toBe('Hours\n\nx')
    const roles = ['alertdialog', 'menu', 'menubar'].map((role) => `<div role="${role}">Cookies</div>`)
    expect(textOf(`<p>Open <button>i</button>from 9.</p>${roles.join('')}`)).toBe('Open from 9.')
  })
})

test('the header of a part names it, the header of the page does not', () => {
  const body =
    '<header><h2>Shop</h2></header><section><header><h2>Returns</h2></header><p>30 days.</p></section>'
  expect(textOf(body)).toBe('## Returns\n\n30 days.')
})

test('a page within one form is read, a form within a page is not', () => {
  const text = `Delivery takes three days${' and more'.repeat(20)}.`
  expect(textOf(`<form id="aspnetForm"><h1>Delivery</h1><p>${text}</p></form>`)).toBe(`# Delivery\n\n${text}`)
  expect(textOf(`<h1>Delivery</h1><p>${text}</p><form><p>Your name</p></form>`)).toBe(`# Delivery\n\n${text}`)
  expect(textOf('<p>Write to us.</p><form><p>Your name</p></form>')).toBe('Write to us.')
})

test.each([
  ['The bike costs <del>499 €</del> <ins>399 €</ins>.', 'The bike costs 399 €.'],
  ['The bike costs <s>499 €</s> 399 €.', 'The bike costs 399 €.'],
  ['The bike costs <span style="text-decoration: line-through">499 €</span> 399 €.', 'The bike costs 399 €.'],
  ['It costs 12<sup>99</sup> €.', 'It costs 12.99 €.'],
  ['It costs 1,012,<sup>99</sup>&nbsp;EUR.', 'It costs 1,012.99 EUR.'],
  ['It costs €12<sup>99</sup>, not more.', 'It costs €12.99, not more.'],
  ['It costs $ 12.<sup>99</sup>.', 'It costs $ 12.99.'],
  ['Within 30<sup>1</sup> days.', 'Within 30 [1] days.'],
  ['It costs 99 €<sup>1</sup>.', 'It costs 99 €¹.'],
  ['It has 30 m<sup>2</sup>, on the 1<sup>st</sup> floor.', 'It has 30 m², on the 1st floor.'],
  ['12<sup>99</sup> things', '12 [99] things'],
])('%s', (html, text) => {
  expect(textOf(`<p>${html}</p>`)).toBe(text)
})

describe('tables', () => {
  test('each place of a joined cell has its text', () => {
    const body = `<table><tr><th>Country</th><th>Zone</th><th>Price</th></tr><tr><td rowspan="2">Germany</td><td>A</td><td>5 €</td></tr>
      <tr><td>B</td><td>8 €</td></tr><tr><td>Norway</td><td colspan=2>on request</td></tr></table>`
    expect(textOf(body)).toBe(
      '| Country | Zone | Price |\n| --- | --- | --- |\n| Germany | A | 5 € |\n| Germany | B | 8 € |\n| Norway | on request | on request |',
    )
  })

  test.each(['0', '-3', 'x', '1e9', '2.5'])('a cell that covers %s rows', (rows) => {
    const body = `<table><tr><td rowspan="${rows}">a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>`
    const second = rows === '1e9' ? '| a | c | d |' : '| c | d |'
    expect(textOf(body)).toContain(second)
  })

  test('a table that only arranges the page becomes no table', () => {
    const body = `<table><tr><td>Menu</td><td><h1>Prices</h1><p>All with tax.</p><table><tr><td>small</td><td>3</td></tr></table>
      <p>Large ones on request.</p></td></tr></table>`
    expect(textOf(body)).toBe(
      'Menu\n\n# Prices\n\nAll with tax.\n\n| small | 3 |\n| --- | --- |\n\nLarge ones on request.',
    )
  })

  test('a table that covers itself many times is refused', () => {
    const cells = `<td colspan=30 rowspan=1000>${'a'}</td>`.repeat(200)
    expect(() => textOf(`<table>${`<tr>${cells}</tr>`.repeat(400)}</table>`)).toThrow('it has too many cells')
  })
})
