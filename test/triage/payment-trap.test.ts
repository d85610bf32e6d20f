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
  ['a sort code first', 'Our account has changed: account no 12345678, sort code 12-34-56', true],
  ['an IBAN of no known country', 'New bank details. Our new IBAN: ZZ12 3456 7890 1234', true],
  ['small letters', 'We have a new account, de89 3704 0044 0532 0130 00', true],
  ['a new account and a parcel', 'I have a new account. Where is RR123456789GB?', false],
  ['gift cards', 'Buy five Apple gift cards, scratch them and send me photos of the codes', true],
  ['a refund to the same account', `Please refund to my account ${iban}`, false],
  ['a customer who asks for a voucher', 'Do you sell gift cards? My mother would like one.', false],
  ['a new customer', 'I am a new customer. What does it cost?', false],
  ['a new account without a number', 'We have a new bank account, I will send it by post.', false],
])('%s', (_name, text, expected) => {
  expect(isPaymentTrap(text)).toBe(expected)
})
