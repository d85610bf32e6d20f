import { join } from 'node:path'
import type { Account } from './account.ts'
import { LOOPBACK } from './port.ts'

export interface DovecotSettings {
  directory: string
  imapPort: number
  lmtpPort: number
  account: Account
  /** The only users that exist, from DIRECTORY/users; false lets every name in. */
  listedUsers: boolean
  password: string
  usernames: 'address' | 'localPart'
  sieve: boolean
  tls: 'offered' | 'required' | undefined
  extraConfig: string
}

const MAILBOXES = ['Drafts', 'Sent', 'Junk', 'Trash', 'Archive']

const inbox = `namespace inbox {
  inbox = yes
${MAILBOXES.map((name) => `  mailbox ${name} {\n    auto = subscribe\n    special_use = \\${name}\n  }`).join('\n')}
}
`

/** Settings common to 2.3 and 2.4. The limits allow several hundred accounts with several connections each. */
const shared = (settings: DovecotSettings): string => `
base_dir = ${settings.directory}/run
state_dir = ${settings.directory}/state
log_path = /dev/stderr
listen = ${LOOPBACK}
ssl = ${{ none: 'no', offered: 'yes', required: 'required' }[settings.tls ?? 'none']}
default_internal_user = ${settings.account.user}
default_internal_group = ${settings.account.group}
default_login_user = ${settings.account.user}
auth_mechanisms = plain login
auth_failure_delay = 0
mail_max_userip_connections = 1000
# Only when inotify has no instance left for this account does IDLE depend on this.
mailbox_idle_check_interval = 1 secs
recipient_delimiter = +
default_vsz_limit = 1 G
default_client_limit = 4000
default_process_limit = 1000
${inbox}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${settings.imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
service imap {
  process_limit = 4000
}
service lmtp {
  inet_listener lmtp {
    port = ${settings.lmtpPort}
  }
}
service auth {
  unix_listener ${settings.directory}/sasl {
    mode = 0666
  }
}
`

// One process serves all logins, another all deliveries: that is quicker than a new process for each.
const reuse = (setting: string): string =>
  ['imap-login', 'lmtp'].map((service) => `service ${service} {\n  ${setting}\n}\n`).join('')

const version23 = (settings: DovecotSettings): string => `
${reuse('service_count = 0')}
protocols = imap lmtp
disable_plaintext_auth = no
${settings.tls ? `ssl_cert = <${settings.directory}/cert.pem\nssl_key = <${settings.directory}/key.pem` : ''}
auth_username_format = ${settings.usernames === 'address' ? '%Lu' : '%Ln'}
mail_location = maildir:~/Maildir
mail_home = ${settings.directory}/mail/%u
mail_uid = ${settings.account.uid}
mail_gid = ${settings.account.gid}
first_valid_uid = 1
first_valid_gid = 1
passdb {
  ${
    settings.listedUsers
      ? `driver = passwd-file\n  args = scheme=PLAIN ${settings.directory}/users`
      : `driver = static\n  args = password=${settings.password}`
  }
}
userdb {
  ${
    settings.listedUsers
      ? `driver = passwd-file\n  args = ${settings.directory}/users`
      : 'driver = static\n  args = allow_all_users=yes'
  }
}
${
  settings.sieve
    ? `protocol lmtp {
  mail_plugins = $mail_plugins sieve
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_before = ${settings.directory}/sieve/before.sieve
}`
    : ''
}
`

const version24 = (settings: DovecotSettings): string => `
${reuse('restart_request_count = unlimited')}
protocols {
  imap = yes
  lmtp = yes
}
auth_allow_cleartext = ${settings.tls === 'required' ? 'no' : 'yes'}
${settings.tls ? `ssl_server_cert_file = ${settings.directory}/cert.pem\nssl_server_key_file = ${settings.directory}/key.pem` : ''}
auth_username_format = ${settings.usernames === 'address' ? '%{user | lower}' : '%{user | username | lower}'}
mail_driver = maildir
mail_path = ~/Maildir
mail_home = ${settings.directory}/mail/%{user}
mail_uid = ${settings.account.uid}
mail_gid = ${settings.account.gid}
first_valid_uid = 1
first_valid_gid = 1
${
  settings.listedUsers
    ? `passdb passwd-file {
  passwd_file_path = ${settings.directory}/users
  default_password_scheme = PLAIN
}
userdb passwd-file {
  passwd_file_path = ${settings.directory}/users
}`
    : `passdb static {
  password = ${settings.password}
}
userdb static {
  allow_all_users = yes
}`
}
${
  settings.sieve
    ? `protocol lmtp {
  mail_plugins {
    sieve = yes
  }
}
sieve_script before {
  type = before
  path = ${settings.directory}/sieve/before.sieve
}`
    : ''
}
`

/** @param version as \`dovecot --version\` prints it. 2.4 renamed settings and refuses the old names. */
export function dovecotConfig(version: string, settings: DovecotSettings): string {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const modern = major > 2 || minor >= 4
  const [number = version] = version.split(/[ -]/)
  const opening = modern ? `dovecot_config_version = ${number}\ndovecot_storage_version = ${number}\n` : ''
  return `${opening}${shared(settings)}${modern ? version24(settings) : version23(settings)}${settings.extraConfig}\n`
}

export const configFile = (directory: string): string => join(directory, 'dovecot.conf')
