/** Facts about the largest providers, from their help pages. Servers of others are discovered or tried. */

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** TLS from the first octet; false: STARTTLS. */
  readonly secure: boolean
}

export interface Provider {
  readonly name: string
  /** Domains of addresses. */
  readonly domains: readonly string[]
  /** Suffixes of the MX host names of other domains hosted there. */
  readonly mx?: readonly string[]
  readonly imap: ServerAddress
  readonly smtp: ServerAddress
  /** How to get the password for IMAP and SMTP; '' for the usual one. */
  readonly hint: string
  readonly oauth2?: 'google' | 'microsoft'
  /** Its SMTP server files a copy in \\Sent, so replyd must not add a second one. */
  readonly filesSent?: true
  /** IMAP connections allowed per account, including the owner's clients, if known to be few. */
  readonly connections?: number
  /** Other domains used by its servers. */
  readonly hosts?: readonly string[]
}

const tls = (host: string, port: number): ServerAddress => ({ host, port, secure: true })
const startTls = (host: string, port: number): ServerAddress => ({ host, port, secure: false })

/** IMAP on 993; SMTP on 465, or on 587 with STARTTLS. */
function entry(
  name: string,
  domains: string,
  imap: string,
  smtp: string,
  submission: 465 | 587,
  hint = '',
  more: Omit<Partial<Provider>, 'name' | 'domains'> = {},
): Provider {
  const server = submission === 465 ? tls(smtp, 465) : startTls(smtp, 587)
  return { name, domains: domains.split(' '), imap: tls(imap, 993), smtp: server, hint, ...more }
}

const appPassword = 'It requires an app password: create one in the security settings of your account.'
const switchedOn = 'Enable IMAP in the settings of your mailbox first.'

export const providers: readonly Provider[] = [
  entry(
    'Gmail',
    'gmail.com googlemail.com',
    'imap.gmail.com',
    'smtp.gmail.com',
    465,
    'It requires an app password: turn on 2-step verification, then create one at https://myaccount.google.com/apppasswords',
    { mx: ['google.com', 'googlemail.com'], oauth2: 'google', filesSent: true, connections: 15 },
  ),
  entry(
    'Microsoft',
    'outlook.com hotmail.com live.com msn.com outlook.de hotmail.co.uk hotmail.fr live.nl',
    'outlook.office365.com',
    'smtp.office365.com',
    587,
    'It accepts no passwords: OAuth2 is required (docs/providers.md).',
    {
      mx: ['mail.protection.outlook.com'],
      oauth2: 'microsoft',
      filesSent: true,
      hosts: ['outlook.com', 'hotmail.com', 'live.com'],
    },
  ),
  entry(
    'Yahoo',
    'yahoo.com ymail.com rocketmail.com yahoo.co.uk yahoo.de yahoo.fr',
    'imap.mail.yahoo.com',
    'smtp.mail.yahoo.com',
    465,
    appPassword,
    { mx: ['yahoodns.net'], connections: 10 },
  ),
  entry('AOL', 'aol.com aim.com', 'imap.aol.com', 'smtp.aol.com', 465, appPassword),
  entry(
    'iCloud',
    'icloud.com me.com mac.com',
    'imap.mail.me.com',
    'smtp.mail.me.com',
    587,
    'It requires an app-specific password: https://account.apple.com > Sign-In and Security',
    { mx: ['icloud.com'], connections: 5, hosts: ['icloud.com'] },
  ),
  entry('Fastmail', 'fastmail.com fastmail.fm', 'imap.fastmail.com', 'smtp.fastmail.com', 465, appPassword, {
    mx: ['messagingengine.com'],
    hosts: ['messagingengine.com'],
  }),
  entry('Zoho', 'zoho.com zohomail.com', 'imap.zoho.com', 'smtp.zoho.com', 465, switchedOn, {
    mx: ['zoho.com'],
  }),
  entry('Zoho Europe', 'zoho.eu zohomail.eu', 'imap.zoho.eu', 'smtp.zoho.eu', 465, switchedOn, {
    mx: ['zoho.eu'],
  }),
  entry('GMX', 'gmx.de gmx.net gmx.at gmx.ch', 'imap.gmx.net', 'mail.gmx.net', 587, switchedOn),
  entry('GMX', 'gmx.com gmx.us', 'imap.gmx.com', 'mail.gmx.com', 587, switchedOn),
  entry('WEB.DE', 'web.de', 'imap.web.de', 'smtp.web.de', 587, switchedOn),
  entry('mail.com', 'mail.com email.com', 'imap.mail.com', 'smtp.mail.com', 587, switchedOn),
  entry(
    'T-Online',
    't-online.de magenta.de',
    'secureimap.t-online.de',
    'securesmtp.t-online.de',
    465,
    'It requires the e-mail password, which you set in the customer centre.',
  ),
  entry('freenet', 'freenet.de', 'mx.freenet.de', 'mx.freenet.de', 587),
  entry('1&1 IONOS', 'online.de onlinehome.de', 'imap.ionos.de', 'smtp.ionos.de', 465, '', {
    mx: ['kundenserver.de', 'ionos.de', '1and1.com'],
  }),
  entry('STRATO', 'strato.de', 'imap.strato.de', 'smtp.strato.de', 465, '', {
    mx: ['rzone.de', 'strato.de'],
  }),
  entry('mailbox.org', 'mailbox.org', 'imap.mailbox.org', 'smtp.mailbox.org', 465, '', {
    mx: ['mailbox.org'],
  }),
  entry('Posteo', 'posteo.de posteo.net', 'posteo.de', 'posteo.de', 465),
  entry('Yandex', 'yandex.ru yandex.com ya.ru', 'imap.yandex.com', 'smtp.yandex.com', 465, appPassword, {
    mx: ['yandex.net', 'yandex.ru'],
  }),
  entry('Mail.ru', 'mail.ru bk.ru inbox.ru list.ru', 'imap.mail.ru', 'smtp.mail.ru', 465, appPassword, {
    mx: ['mail.ru'],
  }),
  entry('Orange', 'orange.fr wanadoo.fr', 'imap.orange.fr', 'smtp.orange.fr', 465),
  entry('Free', 'free.fr', 'imap.free.fr', 'smtp.free.fr', 465),
  entry('La Poste', 'laposte.net', 'imap.laposte.net', 'smtp.laposte.net', 465, switchedOn),
  entry('SFR', 'sfr.fr neuf.fr', 'imap.sfr.fr', 'smtp.sfr.fr', 465),
  entry('OVH', 'ovh.fr', 'ssl0.ovh.net', 'ssl0.ovh.net', 465, '', { mx: ['ovh.net'] }),
  entry('Gandi', 'gandi.net', 'mail.gandi.net', 'mail.gandi.net', 465, '', { mx: ['mail.gandi.net'] }),
  entry('Infomaniak', 'ik.me infomaniak.com', 'mail.infomaniak.com', 'mail.infomaniak.com', 465, '', {
    mx: ['infomaniak.ch'],
  }),
  entry('Libero', 'libero.it', 'imapmail.libero.it', 'smtp.libero.it', 465),
  entry(
    'Comcast',
    'comcast.net',
    'imap.comcast.net',
    'smtp.comcast.net',
    465,
    'Allow third-party access in the security settings first.',
  ),
  entry('Seznam', 'seznam.cz email.cz', 'imap.seznam.cz', 'smtp.seznam.cz', 465),
  {
    name: 'Proton (through Proton Mail Bridge on this machine)',
    domains: ['proton.me', 'protonmail.com', 'pm.me'],
    mx: ['protonmail.ch'],
    imap: startTls('127.0.0.1', 1143),
    smtp: startTls('127.0.0.1', 1025),
    hint: 'Use the password shown by Bridge.',
  },
]

const domainOf = (host: string) => host.toLowerCase().split('.').slice(-2).join('.')

/** The provider of that server; undefined if it is not in the table. */
export function providerAt(host: string): Provider | undefined {
  const domain = domainOf(host)
  if (/^[\d.]+$/.test(host)) return undefined
  return providers.find(({ imap, smtp, hosts = [] }) =>
    [domainOf(imap.host), domainOf(smtp.host), ...hosts].includes(domain),
  )
}

/** What to do when that server has refused the login. */
export function loginAdvice(
  server: { readonly host: string; readonly oauth2: unknown },
  keys: string,
): string {
  if (server.oauth2)
    return 'Sign in again: replyd auth ADDRESS. The account also has to allow that program to use IMAP and SMTP (scopes).'
  const { name, hint = '' } = providerAt(server.host) ?? {}
  if (hint !== '') return `${name}: ${hint}${hint.endsWith('.') ? '' : '.'}`
  return `Check ${keys}.user and ${keys}.password. Some providers require an app password, or IMAP and SMTP to be enabled in their settings.`
}
