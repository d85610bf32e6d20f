/** The table of the servers bench, and docs/servers.md. */
import { writeFileSync } from 'node:fs'
import { type Cells, chapters } from './story.ts'

export interface Outcome {
  imap: string
  smtp: string
  /** Null when it was not run. */
  cells: Cells | null
  /** Why it was not run. */
  reason: string
}

const cellOf = (found: string) => (found === '' ? 'ok' : found.replaceAll('|', '\\|').replace(/\s+/g, ' '))

export function tableOf(outcomes: readonly Outcome[]): string {
  const head = ['IMAP', 'SMTP', ...chapters]
  const rows = outcomes.map(({ imap, smtp, cells, reason }) =>
    cells === null
      ? [
          imap,
          smtp,
          `not run: ${reason.replace(/\s+/g, ' ').slice(0, 160)}`,
          ...chapters.slice(1).map(() => ''),
        ]
      : [imap, smtp, ...chapters.map((chapter) => cellOf(cells[chapter]))],
  )
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function writeDocument(outcomes: readonly Outcome[]): void {
  const path = new URL('../../docs/servers.md', import.meta.url)
  writeFileSync(path, `${TEXT.replace('%TABLE%', tableOf(outcomes))}`)
}

const TEXT = `# Mail servers

Written by \`npm run servers -- --write\`. Each row is one run of the built daemon on real servers, started privately on loopback, with the
offline stand-in model. A cell says \`ok\`, or what was wrong. "Not run" means that the server could not be installed or started on that
machine; it says nothing about the server.

%TABLE%

| chapter | what is checked, from outside the daemon |
|---|---|
| doctor | no check fails |
| 50 drafts | 50 mails that arrive while it runs: one draft each, none lost, none duplicated |
| send | three replies are sent automatically, once; one copy each in Sent, \`\\Answered\` on the original |
| Junk and back | spam is moved to Junk; moved back by the owner it is restored, and loses \`$Junk\` |
| flag | a draft that the owner flags is sent once |
| edit | a draft that the owner edits and flags is sent with the edit, once |
| kill -9 | five mails, and SIGKILL while they are handled: none lost, none duplicated |
| while down | mail that arrives while the daemon is stopped is answered afterwards |
| restart | a clean restart adds nothing |

## How the servers are installed

Everything goes into \`$REPLYD_SERVERS\` (\`~/.cache/replyd-servers\`), once; nothing is installed on the machine. Dovecot and Postfix are those
of the tests. Cyrus and Exim, Courier and OpenSMTPD come from Debian into separate roots (mmdebstrap; needs root) and run on top of them in
a throw-away layer. maddy and mox are built from the Go module proxy, GreenMail and James come from Maven, pymap and aiosmtpd from pip.
Every SMTP server forwards its mail to a recording server on loopback.

\`npm run servers -- --only NAME\` runs one. \`--ci\` runs Dovecot, Cyrus, Courier and mox side by side, as far as they are installed, with four
mails and for three minutes at most (\`--minutes\`); chapters for which no time was left are listed as not run, and count as neither passed nor
failed. \`--ci --install\` installs them first. For the quirks of these servers and how replyd handles them see [how they differ](odd-servers.md).
`
