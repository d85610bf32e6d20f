import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Daemon, serverDirectory, startDaemon, withFreshPorts } from './daemon.ts'
import { greeted } from './dialog.ts'
import type { DovecotAddress } from './dovecot.ts'
import { freePort, LOOPBACK } from './port.ts'
import { PRETENCE_ENVIRONMENT, pretendRoot } from './pretence.ts'
import { pathTo } from './program.ts'

export interface PostfixOptions {
  /** Destination of all mail, whatever its domain. Its users may also authenticate. */
  deliverTo: Pick<DovecotAddress, 'lmtpPort' | 'saslSocket'>
  /**
   * Whether clients can authenticate (with Dovecot's passwords). `offered`, the default, also accepts mail from clients
   * that do not. While Dovecot is down, only `none` accepts mail.
   */
  auth?: 'none' | 'offered' | 'required'
  /** More lines of main.cf. */
  settings?: Record<string, string>
}

/** How to reach a Postfix. */
export interface PostfixAddress {
  host: string
  smtpPort: number
}

export interface Postfix extends Daemon, PostfixAddress {
  /** Resolves when all accepted mail is delivered: its 250 comes before that. */
  drained(): Promise<void>
}

const mainCf = (directory: string, { deliverTo, auth = 'offered', settings }: PostfixOptions) => ({
  compatibility_level: '3.6',
  config_directory: `${directory}/config`,
  queue_directory: `${directory}/queue`,
  data_directory: `${directory}/state`,
  maillog_file_prefixes: directory,
  maillog_file: `${directory}/mail.log`,
  myhostname: 'mx.replyd.test',
  myorigin: 'replyd.test',
  mydestination: '',
  inet_interfaces: LOOPBACK,
  inet_protocols: 'ipv4',
  mynetworks: auth === 'required' ? '' : '127.0.0.0/8',
  alias_maps: '',
  alias_database: '',
  local_recipient_maps: '',
  biff: 'no',
  import_environment: `MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C ${PRETENCE_ENVIRONMENT}`,
  // Every transport is this one, and master.cf has no SMTP client: nothing can leave the machine.
  default_transport: `lmtp:inet:[${LOOPBACK}]:${deliverTo.lmtpPort}`,
  local_transport: `lmtp:inet:[${LOOPBACK}]:${deliverTo.lmtpPort}`,
  relay_transport: `lmtp:inet:[${LOOPBACK}]:${deliverTo.lmtpPort}`,
  virtual_transport: `lmtp:inet:[${LOOPBACK}]:${deliverTo.lmtpPort}`,
  lmtp_dns_support_level: 'disabled',
  smtpd_peername_lookup: 'no',
  smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, reject',
  smtpd_recipient_restrictions: '',
  smtpd_sasl_auth_enable: auth === 'none' ? 'no' : 'yes',
  smtpd_sasl_type: 'dovecot',
  smtpd_sasl_path: deliverTo.saslSocket,
  message_size_limit: '52428800',
  mailbox_size_limit: '0',
  virtual_mailbox_limit: '0',
  // If Dovecot was down for a moment, delivery is retried soon.
  queue_run_delay: '1s',
  service_throttle_time: '1s',
  minimal_backoff_time: '1s',
  maximal_backoff_time: '1s',
  ...settings,
})

const SERVICES = `
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

const QUEUES = 'active bounce corrupt defer deferred flush hold incoming private saved trace maildrop public'

// Runs in the server's directory: makes the files (listed in postfix-files) for which `postfix start` would need two
// seconds of shell scripts, then becomes the master.
const START = `
for name in ${QUEUES}; do mkdir -p queue/$name; done
mkdir -p queue/pid state
cd queue
chown postfix ../state ${QUEUES}
chgrp postdrop maildrop public
chmod 0700 ../state ${QUEUES}
chmod 0730 maildrop
chmod 0710 public
exec "$1" -s -c "$2"`

/** Starts a private Postfix that accepts mail on loopback and delivers all of it to one Dovecot. */
export function startPostfix(options: PostfixOptions): Promise<Postfix> {
  return withFreshPorts(() => launch(options))
}

async function launch(options: PostfixOptions): Promise<Postfix> {
  const directory = serverDirectory('postfix')
  const smtpPort = await freePort()
  const config = join(directory, 'config')
  mkdirSync(config)
  const lines = Object.entries(mainCf(directory, options)).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(join(config, 'main.cf'), lines.join(''))
  writeFileSync(join(config, 'master.cf'), `${LOOPBACK}:${smtpPort} inet n - n - - smtpd${SERVICES}`)
  // Postfix waits until its configuration is two seconds old, in case it is still being written.
  const longAgo = new Date(0)
  for (const name of ['main.cf', 'master.cf']) utimesSync(join(config, name), longAgo, longAgo)
  const { stdout } = await promisify(execFile)(pathTo('postconf'), ['-c', config, '-h', 'daemon_directory'])
  const daemon = await startDaemon({
    name: 'postfix',
    directory,
    command: 'sh',
    args: ['-c', `${pretendRoot()}${START}`, 'sh', join(stdout.trim(), 'master'), config],
    ready: () => greeted(smtpPort, '220 '),
  })
  return Object.assign(daemon, {
    host: LOOPBACK,
    smtpPort,
    drained: () => queueEmpty(join(directory, 'queue')),
    log: () => {
      const file = join(directory, 'mail.log')
      return existsSync(file) ? readFileSync(file, 'utf8') : ''
    },
  })
}

const WAITING = ['maildrop', 'incoming', 'active', 'deferred']

function queueEmpty(queue: string): Promise<void> {
  const count = () =>
    WAITING.flatMap((name) =>
      readdirSync(join(queue, name), { withFileTypes: true, recursive: true }),
    ).filter((entry) => entry.isFile()).length
  return new Promise((resolve, reject) => {
    // Every mail leaves the queue from here, whichever way it came.
    const watcher = watch(join(queue, 'active'), () => look())
    watcher.on('error', reject)
    const look = () => {
      if (count() > 0) return
      watcher.close()
      resolve()
    }
    look()
  })
}
