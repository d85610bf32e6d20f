import { expect, test } from '@jest/globals'
import { isPaymentTrap } from '../../src/triage/verdict.ts'

const iban = 'IE29 AIBK 9311 5212 3456 78'
test.each([
  ['new account', `Please use our new bank account from now on: ${iban}`, true],
  ['changed details', `Our payment details have changed. IBAN ${iban}`, true],
  ['in German', `Unsere Hausbank stellt zum Jahresende um, bitte überweisen Sie auf ${iban}`, true],
  ['in French', `Voici notre nouveau RIB: ${iban}`, true],
  ['in Spanish', `Tenemos una nueva cuenta: ${iban}`, true],
  ['a sort code', 'We have a new bank account. Sort code 12-34-56, account number 12345678', true],
  ['gift cards', 'Buy five Apple gift cards, scratch them and send me photos of the codes', true],
  ['a refund to the same account', `Please refund to my account ${iban}`, false],
  ['a customer who asks for a voucher', 'Do you sell gift cards? My mother would like one.', false],
  ['a new customer', 'I am a new customer. What does it cost?', false],
  ['a new account without a number', 'We have a new bank account, I will send it by post.', false],
])('%s', (_name, text, expected) => {
  expect(isPaymentTrap(text)).toBe(expected)
})
