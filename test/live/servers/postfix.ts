import { execFile } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Daemon, serverDirectory, startDaemon, withFreshPorts } from './daemon.ts'
import { greeted } from './dialog.ts'
import type { DovecotAddress } from './dovecot.ts'
import { freePort, LOOPBACK } from './port.ts'
import { pathTo } from './program.ts'

export interface PostfixOptions {
  /** Where all mail goes, whatever its domain. Its users may also authenticate. */
  deliverTo: Pick<DovecotAddress, 'lmtpPort' | 'saslSocket'>
  /**
   * Whether clients can authenticate (with Dovecot's passwords): `offered` also takes mail from those who do not and is
   * the default. While Dovecot is down, only `none` takes mail.
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

export interface Postfix extends Daemon, PostfixAddress {}

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
  // A Dovecot that was down for a moment is tried again soon.
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

// Their modes where postdrop's group may enter; all others are 0700.
const GROUP_QUEUES: Record<string, number> = { 'queue/maildrop': 0o730, 'queue/public': 0o710 }
const QUEUES = [
  'active',
  'bounce',
  'corrupt',
  'defer',
  'deferred',
  'flush',
  'hold',
  'incoming',
  'private',
  'saved',
  'trace',
]
  .map((name) => `queue/${name}`)
  .concat('state', ...Object.keys(GROUP_QUEUES))

const run = promisify(execFile)
const accountOf = async (user: string) => Number((await run('id', ['-u', user])).stdout)
const groupOf = async (group: string) => Number((await run('getent', ['group', group])).stdout.split(':')[2])

/**
 * Starts a private Postfix that takes mail on loopback and gives all of it to one Dovecot. It has to be started as root:
 * its programs change their user.
 */
export function startPostfix(options: PostfixOptions): Promise<Postfix> {
  return withFreshPorts(() => launch(options))
}

/**
 * The queue's directories (postfix-files names them). `postfix start` would make them too, in two seconds of shell
 * scripts; the master alone is up in a tenth of that.
 */
async function makeDirectories(directory: string): Promise<void> {
  for (const name of ['config', 'queue', 'queue/pid']) mkdirSync(join(directory, name))
  const owner = await accountOf('postfix')
  const postdrop = await groupOf('postdrop')
  for (const name of QUEUES) {
    mkdirSync(join(directory, name))
    chownSync(join(directory, name), owner, name in GROUP_QUEUES ? postdrop : 0)
    chmodSync(join(directory, name), GROUP_QUEUES[name] ?? 0o700)
  }
}

async function launch(options: PostfixOptions): Promise<Postfix> {
  const directory = serverDirectory('postfix')
  const smtpPort = await freePort()
  await makeDirectories(directory)
  const lines = Object.entries(mainCf(directory, options)).map(([name, value]) => `${name} = ${value}\n`)
  const config = join(directory, 'config')
  writeFileSync(join(config, 'main.cf'), lines.join(''))
  writeFileSync(join(config, 'master.cf'), `${LOOPBACK}:${smtpPort} inet n - n - - smtpd${SERVICES}`)
  // Postfix waits until its configuration is two seconds old, lest someone is still writing it.
  const longAgo = new Date(0)
  for (const name of ['main.cf', 'master.cf']) utimesSync(join(config, name), longAgo, longAgo)
  const { stdout } = await run(pathTo('postconf'), ['-c', config, '-h', 'daemon_directory'])
  const daemon = await startDaemon({
    name: 'postfix',
    directory,
    command: join(stdout.trim(), 'master'),
    args: ['-s', '-c', config],
    ready: () => greeted(smtpPort, '220 '),
  })
  return Object.assign(daemon, {
    host: LOOPBACK,
    smtpPort,
    log: () =>
      existsSync(join(directory, 'mail.log')) ? readFileSync(join(directory, 'mail.log'), 'utf8') : '',
  })
}
