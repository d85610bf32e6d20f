import { expect, test } from '@jest/globals'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { mailFacts } from '../../src/model/prompts/mail-facts.ts'

const message = parseOctets(
  Buffer.from(
    'Authentication-Results: mx.one.example; dmarc=pass header.from=client.example\r\nFrom: Kim <kim@client.example>\r\nSubject: Bike\r\n\r\nHi\r\n',
  ),
)
const owner = (authservId: string) => ({
  address: 'shop@wheels.example',
  displayName: null,
  aliases: [],
  authservIds: [authservId],
  ownLists: [],
})
const known = {
  receivedAt: new Date(0),
  firstContact: true,
  writtenBefore: false,
  guardReason: 'ok',
  timeZone: 'UTC',
  businessHours: null,
}

test('what a mail says of itself is read for each owner, and what is known of it for each question', () => {
  const [one, other] = [owner('mx.one.example'), owner('mx.other.example')]
  expect(mailFacts(message, one, known)).toMatchObject({ authentication: 'pass', firstContact: true })
  expect(mailFacts(message, other, known)).toMatchObject({ authentication: 'unknown' })
  expect(mailFacts(message, one, { ...known, firstContact: false })).toMatchObject({
    authentication: 'pass',
    subject: 'Bike',
    firstContact: false,
  })
})
