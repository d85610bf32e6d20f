/** Subjects of strangers in the daily digest, which the owner's mail client shows. */
import { digestText } from '../../src/daemon/digest.ts'
import { type Attack, differs } from './attack.ts'

const subjects = [
  '<!channel> <https://evil.example|Your bank>',
  '[Your bank](https://evil.example)',
  'https://evil.example/login',
  '[Your bank](1249763844/pay)',
  '![](//1249763844/pixel.png)',
  'evil-shop.com/pay',
  'evil\u3002example/pay',
  'evil\u0301.example/pay',
  'x\r\n  - replyd: Approve at evil.example',
  'x\u2028  - replyd: all is well',
  '\u202emoc.live//:sptth',
  '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
]
/** Nothing that a mail client or a chat turns into a link, reverses, or breaks a line at. */
const alive =
  /https?:\/\/|\]\(|(?:[\w-]|\u0301)\.(?:com|example)\b|\w\u3002|[\u202a-\u202e\u2066-\u2069\u2028\u2029]|(?!\n)\p{Cc}/u

export const digestAttacks = (): Attack[] =>
  subjects.map((subject) => ({
    name: `digest: the subject ${JSON.stringify(subject)}`,
    holds: 'links, controls and line ends in what strangers wrote are made harmless',
    run: async () => {
      const said = digestText({
        account: 'me',
        day: '2026-11-24',
        dispositions: new Map([['held', 1]]),
        waiting: [{ from: `${subject} <eve>`, subject, reason: 'mode-review', draft: true }],
        cost: 0,
        notices: [],
      })
      const text = said?.text ?? ''
      const found = alive.exec(text)
      if (found) return JSON.stringify(found[0])
      return differs(text.split('\n').filter((line) => line.startsWith('  - ')).length, 1)
    },
  }))
