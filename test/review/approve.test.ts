/** Replies that can't be sent together with others, but only individually, when opened. */
import { expect, test } from '@jest/globals'
import { doubtsOf, isDoubtful } from '../../src/review/approve.ts'
import type { ReplyRow } from '../../src/store/replies.ts'

const reply = {
  ...{ text: 'We open at ten.', draftText: 'We open at ten.', holdReasons: [], claims: [] },
  composed: { missing: [] },
}
const claim = { kind: 'price', claim: '29 euros' } as const

test.each([
  ['drafts are what the owner wants', { holdReasons: ['mode-draft'] }, false],
  ['the owner reviews everything', { holdReasons: ['mode-review'] }, false],
  ['it was written again', { holdReasons: ['rewritten'] }, false],
  ['nothing held it', {}, false],
  ['a person should answer', { holdReasons: ['mode-draft', 'needs-person'] }, true],
  ['the mail gives instructions', { holdReasons: ['manipulation'] }, true],
  ['a fact is missing', { composed: { missing: ['the price'] } }, true],
  ['a price is in no source', { claims: [claim] }, true],
  [
    'a person has written it',
    { text: 'We open at nine.', holdReasons: ['needs-person'], claims: [claim] },
    false,
  ],
  ['the model wrote none', { composed: null }, false],
] as const)('%s', (_what, changed, expected) => {
  expect(isDoubtful(doubtsOf({ ...reply, ...changed } as unknown as ReplyRow))).toBe(expected)
})
