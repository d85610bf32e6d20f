/** Providers at which the password of the web page is not the password for IMAP and SMTP. */
import type { Server } from '../settings.ts'

interface Provider {
  /** The domain of its servers. */
  readonly domain: RegExp
  readonly advice: string
}

const providers: readonly Provider[] = [
  {
    domain: /(^|\.)(gmail|googlemail|google)\.com$/,
    advice:
      'Gmail wants an app password, not the one of your account: turn on 2-step verification, then make one at https://myaccount.google.com/apppasswords',
  },
  {
    domain: /(^|\.)(outlook|office365|hotmail|live)\.com$/,
    advice:
      'Microsoft takes passwords for IMAP no more, and for SMTP only until the end of 2026 where the administrator allows it; OAuth2 is needed',
  },
  {
    domain: /(^|\.)(yahoo|aol)\.com$/,
    advice: 'Yahoo and AOL want an app password: Account Security > Generate app password',
  },
  {
    domain: /(^|\.)(me|icloud)\.com$/,
    advice:
      'iCloud wants an app-specific password: https://account.apple.com > Sign-In and Security > App-Specific Passwords',
  },
  {
    domain: /(^|\.)(fastmail|messagingengine)\.com$/,
    advice: 'Fastmail wants an app password: Settings > Privacy & Security > Manage app passwords',
  },
  {
    domain: /(^|\.)(zoho|zohomail)\.(com|eu|in)$/,
    advice: 'Zoho wants IMAP switched on in the mail settings, and an app password when two-factor is on',
  },
  {
    domain: /(^|\.)(gmx|web)\.(net|com|de)$/,
    advice:
      'GMX and WEB.DE want IMAP switched on in the settings (POP3/IMAP), and an app password when two-factor is on',
  },
  {
    domain: /(^|\.)(proton|protonmail)\.(me|ch|com)$/,
    advice:
      'Proton is reached through Proton Mail Bridge on this machine, with the password that Bridge shows',
  },
  {
    domain: /(^|\.)yandex\.(ru|com|net)$/,
    advice: 'Yandex wants IMAP switched on in the settings, and an app password',
  },
]

/** What to do when that server refused the login. */
export function loginAdvice(server: Pick<Server, 'host' | 'oauth2'>, keys: string): string {
  if (server.oauth2)
    return 'Sign in again: replyd auth ADDRESS. The account also has to allow IMAP and SMTP to that program (scopes).'
  const known = providers.find(({ domain }) => domain.test(server.host.toLowerCase()))
  if (known) return `${known.advice}.`
  return `Check ${keys}.user and ${keys}.password. Some providers want an app password, or IMAP and SMTP switched on in their settings.`
}
