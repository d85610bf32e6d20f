/** The IMAP servers of the bench, each started privately on loopback with one mailbox. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverDirectory, startDaemon } from '../../test/live/servers/daemon.ts'
import { greeted } from '../../test/live/servers/dialog.ts'
import { type Dovecot, freePort, startDovecot } from '../../test/live/servers/index.ts'
import { obtain } from './obtain.ts'
import { type ImapPeer, owner } from './peers.ts'
import { startRooted } from './root.ts'

const run = promisify(execFile)
const { user, address, password } = owner

export async function dovecot(): Promise<ImapPeer & { daemon: Dovecot }> {
  const daemon = await startDovecot()
  return { name: 'Dovecot', daemon, port: daemon.imapPort, user: address, password: daemon.password, address }
}

export async function cyrus(): Promise<ImapPeer> {
  const port = await freePort()
  const daemon = await startRooted({
    name: 'cyrus',
    had: 'cyrus-exim',
    port,
    greeting: '* OK',
    files: {
      '/etc/imapd.conf': `configdirectory: /var/lib/cyrus
defaultpartition: default
partition-default: /var/spool/cyrus/mail
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
lmtpsocket: /run/cyrus/socket/lmtp
idlesocket: /run/cyrus/socket/idle
notifysocket: /run/cyrus/socket/notify
servername: replyd.test
admins: cyrus
virtdomains: off
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
autocreate_quota: 0
autocreate_post: yes
`,
      '/etc/cyrus.conf': `START {
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}
SERVICES {
  imap cmd="imapd -U 30" listen="127.0.0.1:${port}" prefork=1 maxchild=100
}
DAEMON {
  idled cmd="idled"
}
EVENTS {
  checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
}
`,
    },
    script: `
mkdir -p /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket /var/spool/cyrus/mail /var/lib/cyrus
chown -R cyrus:mail /run/cyrus /var/spool/cyrus /var/lib/cyrus
echo '${password}' | saslpasswd2 -p -c -u replyd.test ${user}
chgrp mail /etc/sasldb2; chmod 640 /etc/sasldb2
exec /usr/sbin/cyrmaster -C /etc/imapd.conf -M /etc/cyrus.conf`,
  })
  return { name: 'Cyrus', daemon, port, user, password, address }
}

export async function courier(): Promise<ImapPeer> {
  const port = await freePort()
  const daemon = await startRooted({
    name: 'courier',
    had: 'courier-opensmtpd',
    port,
    greeting: '* OK',
    files: {},
    script: `
useradd -m ${user}
echo '${user}:${password}' | chpasswd
su ${user} -s /bin/sh -c 'maildirmake.courier ~/Maildir'
mkdir -p /run/courier/authdaemon
chown -R courier /run/courier
makeimapaccess
/usr/sbin/authdaemond start
set -a +u
prefix=/usr exec_prefix=/usr sbindir=/usr/sbin bindir=/usr/bin
. /etc/courier/imapd
. /etc/courier/imapd-ssl
IMAP_STARTTLS=NO
exec /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -access=/etc/courier/imapaccess.dat -nodnslookup -noidentlookup \\
  ${port} /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir`,
  })
  return { name: 'Courier', daemon, port, user, password, address }
}

export async function greenmail(): Promise<ImapPeer> {
  const jars = join(await obtain('greenmail'), 'jars')
  const port = await freePort()
  const daemon = await startDaemon({
    name: 'greenmail',
    directory: serverDirectory('greenmail'),
    command: 'java',
    args: [
      '-Dgreenmail.imap.hostname=127.0.0.1',
      `-Dgreenmail.imap.port=${port}`,
      `-Dgreenmail.users=${user}:${password}@replyd.test`,
      '-jar',
      join(jars, 'greenmail-standalone-2.1.5.jar'),
    ],
    timeoutMs: 90_000,
    ready: () => greeted(port, '* OK'),
  })
  return { name: 'GreenMail', daemon, port, user, password, address }
}

export async function pymap(): Promise<ImapPeer> {
  const programs = join(await obtain('python'), 'venv/bin')
  const port = await freePort()
  const options = ['--host', '127.0.0.1', '--port', String(port), '--no-tls', '--no-service', 'admin']
  const demo = ['dict', '--demo-data', '--demo-user', user, '--demo-password', password]
  const daemon = await startDaemon({
    name: 'pymap',
    directory: serverDirectory('pymap'),
    command: join(programs, 'python'),
    args: [join(programs, 'pymap'), ...options, ...demo],
    ready: () => greeted(port, '* OK'),
  })
  return { name: 'pymap', daemon, port, user, password, address }
}

export async function mox(): Promise<ImapPeer> {
  const program = join(await obtain('mox'), 'mox')
  const directory = serverDirectory('mox')
  const data = join(directory, 'data')
  await run(program, ['localserve', '-dir', data, '-ip', '127.0.0.1', '-initonly'])
  const path = join(data, 'mox.conf')
  // Each port that the server would choose becomes a free one.
  const ports = new Map<string, number>()
  const text = readFileSync(path, 'utf8')
  for (const [, given = ''] of text.matchAll(/^\s+Port: (\d+)$/gm))
    if (!ports.has(given)) ports.set(given, await freePort())
  writeFileSync(
    path,
    text.replace(/^(\s+Port: )(\d+)$/gm, (_, key: string, given: string) => `${key}${ports.get(given)}`),
  )
  const port = ports.get('1143') ?? 0
  const daemon = await startDaemon({
    name: 'mox',
    directory,
    command: program,
    args: ['localserve', '-dir', data],
    ready: () => greeted(port, '* OK'),
  })
  return { name: 'mox', daemon, port, user: 'mox@localhost', password: 'moxmoxmox', address: 'mox@localhost' }
}

/** One process for IMAP and submission; its SMTP side is read from `submissionPort`. */
export async function maddy(sinkPort: number): Promise<ImapPeer & { submissionPort: number }> {
  const program = join(await obtain('maddy'), 'maddy')
  const directory = serverDirectory('maddy')
  const [port, submissionPort] = [await freePort(), await freePort()]
  for (const folder of ['state', 'run']) mkdirSync(join(directory, folder))
  const fixture = (name: string) => new URL(`../../test/fixtures/tls/${name}`, import.meta.url).pathname
  const config = join(directory, 'maddy.conf')
  writeFileSync(
    config,
    `state_dir ${directory}/state
runtime_dir ${directory}/run
hostname replyd.test
tls file ${fixture('cert.pem')} ${fixture('key.pem')}
auth.pass_table local_authdb {
    table sql_table {
        driver sqlite3
        dsn credentials.db
        table_name passwords
    }
}
storage.imapsql local_mailboxes {
    driver sqlite3
    dsn imapsql.db
}
target.smtp sink {
    targets tcp://127.0.0.1:${sinkPort}
    starttls off
    require_tls no
}
imap tcp://127.0.0.1:${port} {
    auth &local_authdb
    storage &local_mailboxes
}
submission tcp://127.0.0.1:${submissionPort} {
    auth &local_authdb
    deliver_to &sink
}
`,
  )
  const tell = (...args: string[]) => run(program, ['--config', config, ...args])
  await tell('creds', 'create', '--password', password, address)
  await tell('imap-acct', 'create', address)
  const daemon = await startDaemon({
    name: 'maddy',
    directory,
    command: program,
    args: ['--config', config, 'run'],
    ready: async () => void (await Promise.all([greeted(port, '* OK'), greeted(submissionPort, '220')])),
  })
  return { name: 'maddy', daemon, port, user: address, password, address, submissionPort }
}
