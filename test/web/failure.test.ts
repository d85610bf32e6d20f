/**
 * The reason why a mail waits is shown on its page and in `replyd mails show`; problems with the model on every page.
 */
import { expect, test } from '@jest/globals'
import { showText } from '../../src/cli/review.ts'
import { versionOf } from '../../src/review/decide.ts'
import { MailPage } from '../../src/web/mail-page.tsx'
import { ReplyPane } from '../../src/web/reply-pane.tsx'
import { mailWith, now, replyWith, shownWith, view } from './shown.ts'

const lastError = '127.0.0.1:8080 did not answer within 180000 ms'
const page = (error: string | null, warnings: string[] = []) => {
  const row = mailWith('all-clear', { lastError: error })
  return String(MailPage({ view: { ...view, warnings }, shown: shownWith(row, null) }))
}

test('the page of a mail tells its last failure, if there was one', () => {
  expect(page(lastError)).toMatch(
    /Last failure<\/dt><dd>127\.0\.0\.1:8080 did not answer within 180000 ms\. Next try:/,
  )
  expect(page(null)).not.toContain('Last failure')
})

test('an approved reply of a paused account waits until somebody resumes it', () => {
  const row = mailWith('approved-by-person', { step: 'deliver', disposition: 'approved' })
  const reply = { ...replyWith([]), state: 'approved' as const, sendAfter: now }
  const shown = { ...shownWith(row, reply), open: false }
  const filter = { search: '', show: 'all' as const, account: '', category: '' }
  const pages = (paused: string[]) => {
    const seen = { ...view, paused }
    const pane = ReplyPane({ view: seen, shown, filter, refused: null, next: null })
    return `${pane}${MailPage({ view: seen, shown })}`
  }
  expect(pages([])).toMatch(/Sending at .*Approved, about to be sent/)
  expect(pages([row.account])).toMatch(/Waits until you resume.*Approved, waits until you resume/)
  expect(pages([row.account])).not.toMatch(/Sending/)
})

test('every form about a mail without a reply says so: somebody may write one before it is sent', () => {
  const row = mailWith('needs-person')
  const shown = { ...shownWith(row, null), version: versionOf('') }
  const filter = { search: '', show: 'all' as const, account: '', category: '' }
  const pane = String(ReplyPane({ view, shown, filter, refused: null, next: null }))
  const forms = pane.match(/<form .*?<\/form>/gs) ?? []
  expect(forms).toHaveLength(4)
  for (const form of forms) expect(form).toContain(`name="seen" value="${versionOf('')}"`)
})

test('what is wrong with the model is shown on the page', () => {
  expect(page(null, ['small has not answered <b>'])).toContain(
    '<p class="fault" role="alert">small has not answered &lt;b&gt;</p>',
  )
  expect(page(null)).not.toContain('role="alert"')
})

test.each([
  [lastError, `last failure: ${lastError}; tried again at 2026-11-28 10:00 UTC`],
  [null, null],
])('replyd mails show with %j', (error, expected) => {
  const text = showText(
    {
      ...{
        id: '1',
        from: 'a@example.org',
        subject: 'Hi',
        disposition: 'pending',
        reason: 'all-clear',
        reply: null,
      },
      ...{ lastError: error, dueAt: '2026-11-28T10:00:00Z' },
    },
    120,
  )
  expect(text.includes('last failure')).toBe(expected !== null)
  if (expected) expect(text.split('\n')[2]).toBe(expected)
})
