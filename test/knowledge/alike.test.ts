import { expect, test } from '@jest/globals'
import { alike, grouped } from '../../src/knowledge/alike.ts'

test.each([
  ['the price of shipping to Norway', 'shipping costs to Norway', true],
  ['the price of shipping to Norway', 'the price of shipping to Sweden', false],
  ['Opening hours on Saturday', 'opening hours on saturday', true],
  ['Versandkosten nach Norwegen', 'Preis des Versands nach Norwegen', true],
  ['warranty of the XR-200', 'warranty of the XR-300', false],
  ['送料はいくらですか', '送料はいくら', true],
  ['the colour of the lamp', 'opening hours', false],
  ['', '', true],
  ['', 'opening hours', false],
])('%s / %s: %s', (one, other, same) => {
  expect([alike(one, other), alike(other, one)]).toEqual([same, same])
})

test('groups are in the order of their first members', () => {
  const all = [
    'opening hours',
    'shipping to Norway',
    'Opening hours',
    'the hours of opening',
    'shipping to Sweden',
  ]
  expect(grouped(all, (text) => text)).toEqual([
    ['opening hours', 'Opening hours', 'the hours of opening'],
    ['shipping to Norway'],
    ['shipping to Sweden'],
  ])
})
