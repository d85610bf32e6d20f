/** The SMTP servers of the bench: each takes mail on loopback and hands all of it to the recording server. */
import { join } from 'node:path'
import { serverDirectory, startDaemon } from '../../test/live/servers/daemon.ts'
import { greeted } from '../../test/live/servers/dialog.ts'
import { type Dovecot, freePort, startPostfix } from '../../test/live/servers/index.ts'
import { obtain } from './obtain.ts'
import { owner, type Sink, type SmtpPeer } from './peers.ts'
import { startRooted } from './root.ts'

const login = { user: owner.user, password: owner.password }

/** @param dovecot checks its passwords */
export async function postfix(sink: Sink, { saslSocket, password }: Dovecot): Promise<SmtpPeer> {
  const daemon = await startPostfix({ deliverTo: { lmtpPort: sink.port, saslSocket }, auth: 'required' })
  return { name: 'Postfix', daemon, port: daemon.smtpPort, login: { user: owner.address, password } }
}

export async function exim(sink: Sink): Promise<SmtpPeer> {
  const port = await freePort()
  const daemon = await startRooted({
    name: 'exim',
    had: 'cyrus-exim',
    port,
    greeting: '220',
    files: {
      '/etc/exim4/exim4.conf': `primary_hostname = mx.replyd.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
tls_advertise_hosts =
disable_ipv6 = true
host_lookup =
acl_smtp_rcpt = check_rcpt
queue_run_in_order = true
begin acl
check_rcpt:
  accept authenticated = *
  deny message = relaying needs a login
begin routers
sink:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = sink
begin transports
sink:
  driver = smtp
  port = ${sink.port}
  allow_localhost
  hosts_avoid_tls = *
  hosts_try_fastopen =
begin retry
* * F,1h,5s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${login.user}}}{eq{$auth3}{${login.password}}}}}
  server_set_id = $auth2
`,
    },
    script: `
mkdir -p /run/exim4 /var/spool/exim4 /var/log/exim4
chown -R Debian-exim:Debian-exim /run/exim4 /var/spool/exim4 /var/log/exim4
exec /usr/sbin/exim4 -bdf -q5s`,
  })
  return { name: 'Exim', daemon, port, login }
}

/**
 * Without a login: it accepts one only after STARTTLS, and OpenSMTPD 6.8.0p2 of Debian 12 completes no TLS handshake,
 * not even with openssl's own client.
 */
export async function opensmtpd(sink: Sink): Promise<SmtpPeer> {
  const port = await freePort()
  const daemon = await startRooted({
    name: 'opensmtpd',
    had: 'courier-opensmtpd',
    port,
    greeting: '220',
    files: {
      '/etc/smtpd.conf': `listen on 127.0.0.1 port ${port}
action "sink" relay host smtp://127.0.0.1:${sink.port}
match from any for any action "sink"
`,
      '/etc/mailname': 'mx.replyd.test\n',
    },
    script: 'exec /usr/sbin/smtpd -d',
  })
  return { name: 'OpenSMTPD', daemon, port, login: null }
}

const PROXY = `
import signal, sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Proxy
Controller(Proxy('127.0.0.1', int(sys.argv[2])), hostname='127.0.0.1', port=int(sys.argv[1])).start()
signal.pause()`

/** Offers no login at all. */
export async function aiosmtpd(sink: Sink): Promise<SmtpPeer> {
  const python = join(await obtain('python'), 'venv/bin/python')
  const port = await freePort()
  const daemon = await startDaemon({
    name: 'aiosmtpd',
    directory: serverDirectory('aiosmtpd'),
    command: python,
    args: ['-c', PROXY, String(port), String(sink.port)],
    ready: () => greeted(port, '220'),
  })
  return { name: 'aiosmtpd', daemon, port, login: null }
}
